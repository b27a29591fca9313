"""The site's settings on a data folder of the tests' own, with a fast password hasher."""

import os
import tempfile

# A process of pytest-xdist inherits the folder of the process that started it, and takes another one: databases,
# static files and logs of two processes must not meet.
if "PYTEST_XDIST_WORKER" in os.environ or "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="numeral-tests-")
os.environ.setdefault("TESTS_SHARED", os.environ["DATA_DIR"])  # of the process that started the others
os.environ.setdefault("SECRET_KEY", "only for tests " * 4)
os.environ.setdefault("HTTPS", "off")
# No Redis server listens there: a test that needs one takes the fixture `redis_url`.
os.environ.setdefault("REDIS_URL", f"unix://{os.environ['DATA_DIR']}/nobody.sock")

from digitsite.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
REVIEW_RANDOM_SHARE = REVIEW_TWICE = 0.0  # chance decides only where a test says so
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405  (WhiteNoise warns where there is none)
