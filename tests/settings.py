"""The site's settings, on a data folder of their own and without the reader's real weight."""

import os
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="numeral-tests-"))
os.environ.setdefault("SECRET_KEY", "only for tests " * 4)
os.environ.setdefault("HTTPS", "off")
# In tests nobody answers unless the test says who: this address is closed.
os.environ.setdefault("REDIS_URL", f"unix://{os.environ['DATA_DIR']}/nobody.sock")

from digitsite.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405  (WhiteNoise warns where there is none)
