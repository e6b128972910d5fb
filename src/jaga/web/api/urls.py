"""Every address below /api/."""

from django.urls import URLPattern, include, path, re_path

from jaga.web.api.v1 import api, nothing_here, problems_only

_patterns, _app, _namespace = api.urls
for _pattern in _patterns:
    if isinstance(_pattern, URLPattern):
        _pattern.callback = problems_only(_pattern.callback)

urlpatterns = [
    path("v1/", include(([*_patterns, re_path("", nothing_here)], _app), namespace=_namespace)),
    re_path("", nothing_here),
]
