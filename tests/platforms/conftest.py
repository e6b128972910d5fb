import os
from types import SimpleNamespace

import pytest

@pytest.fixture(scope="session")
def synapse():
    import httpx, yaml, hmac, hashlib, secrets
    base = os.environ["TMP_SYNAPSE"]; sec = yaml.safe_load(open("/tmp/adp/s1/homeserver.yaml"))["registration_shared_secret"]
    with httpx.Client(base_url=base) as c:
        n = c.get("/_synapse/admin/v1/register").json()["nonce"]; u = "adm" + secrets.token_hex(3)
        m = hmac.new(sec.encode(), f"{n}\0{u}\0pw\0admin".encode(), hashlib.sha1).hexdigest()
        j = c.post("/_synapse/admin/v1/register", json=dict(nonce=n, username=u, password="pw", admin=True, mac=m)).json()
    return SimpleNamespace(base_url=base, admin_token=j["access_token"], registration_shared_secret=sec)
