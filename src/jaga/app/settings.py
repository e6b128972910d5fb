"""Django settings. Secure by default; anything looser (practice, plain HTTP on loopback) must be configured."""

from os import environ, urandom
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from jaga.app import config, keys, logs, timestamp_settings
from jaga.app.pooled_connections import PooledConnection
from jaga.core.terms.people import LANGUAGE_NAMES
from jaga.policy.release import default_language, jurisdiction

HOME = config.home()
PRACTICE = config.practice()
BASE_URL = config.base_url()
CONTACT = config.contact()
TLS = BASE_URL.startswith("https://")
DEBUG = False
# A process that serves nobody may run without (`make messages`); the web server refuses to start (`keys.prepare`).
SECRET_KEY = (keys.read(keys.folder() / "web") or urandom(keys.KEY_BYTES)).hex()
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", urlsplit(BASE_URL).hostname or "localhost"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url or "postgresql:///jaga")
    query = dict(p.split("=", 1) for p in parts.query.split("&") if "=" in p)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host") or parts.hostname or ""),
        "PORT": str(parts.port or query.get("port") or ""),
        "CONN_HEALTH_CHECKS": True,  # A broken pooled connection is replaced before a request uses it.
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": config.WEB_CONNECTIONS,
                "timeout": 10,
                # The pool doubles its pause after each failed attempt. Giving up early lets the next request retry at
                # once, so a returning database is found within seconds.
                "reconnect_timeout": 3,
                "connection_class": PooledConnection,
            },
            "prepare_threshold": 5,
        },  # For `store.bulk`; the ORM's own cursor never prepares statements.
    }


DATABASES = {"default": _database(config.database_url())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "records.Person"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "jaga.app.apps.RecordsConfig",
    "jaga.app.apps.WebConfig",
]
MIGRATION_MODULES = {"records": "jaga.store.migrations"}
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "jaga.web.middleware.ContentPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # Static files, compressed when they are collected.
    "jaga.web.middleware.CompressedPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "jaga.web.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "jaga.web.middleware.OneReleaseMiddleware",
    "jaga.web.middleware.ErrorMiddleware",
    "jaga.web.once.OnceMiddleware",
]
ROOT_URLCONF = "jaga.app.urls"
WSGI_APPLICATION = "jaga.app.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "jaga.web.middleware.installation",
            ],
        },
    }
]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# Sign-in is django-allauth's (ADR 0070). People are created by staff: no sign-up, no e-mail addresses.
ACCOUNT_ADAPTER = "jaga.people.console.sign_in.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_RATE_LIMITS = False  # `store.kernel.guess_limits` counts in the database and never locks out a name's owner.
ACCOUNT_REAUTHENTICATION_METHODS = ["mfa"]  # A stolen password would still pass.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_SESSION_REMEMBER = True  # For the duration of a shift, below.
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
MFA_ADAPTER = "jaga.people.console.sign_in.MFAAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # There are none to verify.
MFA_RATE_LIMITS = False
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RECOVERY_CODE_DIGITS = 12
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # Half minutes that a phone's clock may be off.
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # A security key left in its socket proves nothing by itself.
LOGIN_URL = "console:sign-in"
LOGIN_REDIRECT_URL = "console:queue"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = TLS
SESSION_COOKIE_AGE = 12 * 3600  # A long shift.
SESSION_COOKIE_NAME = "jaga_session"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = TLS
CSRF_FAILURE_VIEW = "jaga.web.frame.pages.csrf_failure"
SECURE_SSL_REDIRECT = TLS
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # Requested on loopback by the supervisor and by monitoring.
# A reverse proxy terminates TLS; it must set this header and drop the client's (docs/operations.md).
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = TLS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"  # With no-referrer, browsers send "Origin: null" and every form is rejected.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "jaga.web.buffering.uploads.EncryptedFileUploadHandler",
]

LANGUAGE_CODE = default_language().value
LANGUAGES = [(language.value, LANGUAGE_NAMES[language]) for language in jurisdiction().languages]
LANGUAGE_COOKIE_NAME = "jaga_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [str(config.PACKAGE / "locale")]
TIME_ZONE = jurisdiction().time.zone  # Display time zone if the reader chose none; timestamps are stored in UTC.
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = str(HOME / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 31_536_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"quiet": {"()": "jaga.app.logs.Quiet"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "quiet"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # URLs may contain secrets (an invitation). A 4xx is the visitor's business, a 5xx a fault of ours. What Django
    # refuses for safety is a 4xx too, and its message quotes what was sent: a host, a path.
    "loggers": {
        "jaga": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
    },
}

logs.speak_alike()

_MAIL = config.mail_server()
JAGA_SMTP = _MAIL is not None
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if _MAIL and _MAIL.folder else 'smtp'}.EmailBackend"
EMAIL_FILE_PATH = _MAIL.folder if _MAIL else ""
EMAIL_HOST = _MAIL.host if _MAIL else ""
EMAIL_PORT = _MAIL.port if _MAIL else 0
EMAIL_HOST_USER = _MAIL.user if _MAIL else ""
EMAIL_HOST_PASSWORD = _MAIL.password if _MAIL else ""
EMAIL_USE_TLS = _MAIL.tls if _MAIL else False
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = _MAIL.sender if _MAIL else "jaga@localhost"

_HOOK = config.alarm_hook()
JAGA_ALARM_MAIL = config.alarm_addresses()
JAGA_RECEIVER_MAIL = config.receiver_addresses()
JAGA_ALARM_HOOK_URL = _HOOK.url if _HOOK else ""
JAGA_ALARM_HOOK_KEY = _HOOK.key if _HOOK else ""

JAGA_PROXY_HOPS = config.proxy_hops()
JAGA_REPORTS_PER_MINUTE = config.reports_per_minute()
JAGA_LEAST_FREE = config.least_free_bytes()
UNDO_WINDOW_SECONDS = config.undo_window_seconds()
BY_HAND_SECONDS = config.by_hand_delay()
STORY_OVER = config.story_over()
# None: random hours (`appeals.verbs.reasons`).
REASONS_WAIT_SECONDS = 20 if config.practice() else None
JAGA_MARK = config.mark_path()
JAGA_LEDGER_FOLDER = config.ledger_folder()
JAGA_LEDGER_WITNESSES = config.ledger_witnesses()
JAGA_LEDGER_SECONDS = config.ledger_seconds()
JAGA_TIMESTAMP_URL = timestamp_settings.timestamp_url()
JAGA_TIMESTAMP_ROOTS = timestamp_settings.timestamp_roots()
JAGA_RUN = environ.get("JAGA_RUN", "")  # By which `jaga run` recognises its own web server.
JAGA_EVIDENCE = HOME / "evidence"
JAGA_KEY_STORE = config.key_store()
JAGA_SECRET = keys.secret
