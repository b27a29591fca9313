"""All settings, from the environment.

`docs/running.md` lists those that matter to operators; nothing here has to be edited.
"""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF

from recognizer.serving.messages import TaskName

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# ---- Where state lives, and how safe the outside is

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).absolute()
DEBUG = env.bool("DEBUG", default=False)
# Off only if no other machine can reach the site, as with `make run`.
HTTPS = env.bool("HTTPS", default=True)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
NUM_PROXIES = env.int(
    "NUM_PROXIES", default=0
)  # proxies whose X-Forwarded-For is trusted when requests are counted by address
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # replaced secrets that are still accepted
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])


def stored_secret() -> str:
    """The key that `make run` made for this data folder, or "": Django then refuses to sign anything."""
    path = DATA_DIR / "secret_key"
    return path.read_text().strip() if path.is_file() else ""


SECRET_KEY = env.str("SECRET_KEY", default="") or stored_secret()

# ---- What the site is made of

INSTALLED_APPS = [
    "accounts",
    "recognizer",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
]
MIDDLEWARE = [
    "digitsite.middleware.health_first",
    "digitsite.middleware.private_answers_are_not_stored",
    "digitsite.middleware.only_utf8",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "digitsite.middleware.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Every page requires a log-in unless its view says otherwise; API views have their own permissions.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "digitsite.urls"
WSGI_APPLICATION = "digitsite.wsgi.application"
WEB_THREADS = env.int("WEB_THREADS", default=32)  # of each web process
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# ---- Storage

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL alone makes things worse: 395 of 480 read-then-write transactions of eight processes failed with
    # "database is locked"; with IMMEDIATE none did.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # A file even in tests: they start workers and servers, which are other processes.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # a server may have restarted; a file has not
    # Compiling a query takes longer than any of ours: 63 of 85 ms, where a million drawings are counted.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
DATABASES["default"]["CONN_MAX_AGE"] = 600

REDIS_URL = env.str("REDIS_URL", default=f"unix://{DATA_DIR / 'redis.sock'}")
CACHES = {
    "default": {
        "BACKEND": "digitsite.cache.JSONCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",  # pickle, the default, runs code
            "IGNORE_EXCEPTIONS": True,  # without Redis a throttle counts nothing; it does not break the page
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,  # a Redis that hangs must not hang the page
        },
    }
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nothing is kept in files
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# ---- Accounts

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.SignInBackend"]
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # for old passwords, until their owner logs in
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "recognizer:draw"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.ConsentForm"
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_REDIRECT_URL = "recognizer:draw"
# "strict": a sign-up with an address that has an account looks like any other, and the account is told by mail.
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_CHANGE_EMAIL = True  # a new address counts once it is confirmed, and replaces the old one then
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of every change of password, address and second factor
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Numeral] "
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/300s/key"}  # the key is the account
ACCOUNT_FORMS = {
    "add_email": "accounts.allauth_forms.AddEmailForm",
    "change_password": "accounts.allauth_forms.ChangePasswordForm",
    "reset_password": "accounts.allauth_forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.allauth_forms.ResetPasswordKeyForm",
    "set_password": "accounts.allauth_forms.SetPasswordForm",
}
MFA_ADAPTER = "accounts.mfa.MFAAdapter"
MFA_FORMS = {
    "add_webauthn": "accounts.passkey_forms.AddWebAuthnForm",
    "authenticate_webauthn": "accounts.passkey_forms.AuthenticateWebAuthnForm",
    "login_webauthn": "accounts.passkey_forms.LoginWebAuthnForm",
    "reauthenticate_webauthn": "accounts.passkey_forms.ReauthenticateWebAuthnForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Numeral"
MFA_TOTP_TOLERANCE = 1  # accepts a clock that is half a minute wrong
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
# Without a mail server no address can be confirmed, and users must still be able to add a second factor. The real
# owner of an address loses nothing: the address belongs to the user who confirms it.
MFA_ALLOW_UNVERIFIED_EMAIL = True
ALLAUTH_TRUSTED_PROXY_COUNT = NUM_PROXIES
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Mail goes to the console until a mail server is set, e.g. EMAIL_URL=smtp+tls://user:password@host:587
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10  # seconds; a mail server that hangs must not hang the page
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="numeral@localhost")

# ---- The API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.token_sign_in.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "recognizer.api.parsers.BoundedJSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["recognizer.api.throttles.UserThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.str("THROTTLE_USER", default="12000/min"),
        "user_work": env.str("THROTTLE_USER_WORK", default="60000/min"),  # in strokes: what one worker reads
        "anonymous_live": env.str("THROTTLE_ANONYMOUS_LIVE", default="300/min"),
        "anonymous_work": env.str("THROTTLE_ANONYMOUS_WORK", default="30000/min"),
        "user_live": env.str("THROTTLE_USER_LIVE", default="1200/min"),
        "explain": env.str("THROTTLE_EXPLAIN", default="120/min"),
    },
    "NUM_PROXIES": NUM_PROXIES,
    "DEFAULT_PAGINATION_CLASS": "recognizer.api.pagination.NewestFirst",
    "EXCEPTION_HANDLER": "recognizer.api.errors.problem",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
REST_KNOX = {"TOKEN_TTL": timedelta(days=365)}
SPECTACULAR_SETTINGS = {
    "TITLE": "Numeral API",
    "DESCRIPTION": (BASE_DIR / "docs" / "api.md").read_text(),
    "VERSION": "1.0.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v\d+",
    "ENUM_NAME_OVERRIDES": {
        "TrainingStateEnum": "recognizer.models.TrainingRun.State",
        "ReadingStateEnum": "recognizer.models.Prediction.State",
        "ReviewStateEnum": "recognizer.models.ReviewItem.State",
        "VerdictEnum": "recognizer.models.Review.Verdict",
        "GivenVerdictEnum": "recognizer.api.review_serializers.GIVEN",
    },
}
# A picture of 10 MB as base64 in JSON. Django applies this limit to everything except files, hence our own
# handler.
DATA_UPLOAD_MAX_MEMORY_SIZE = 15 * 2**20
FILE_UPLOAD_HANDLERS = [
    "digitsite.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "digitsite.uploads.Nameless",
]

# ---- Reading

READ_WAIT = 3.0  # seconds a POST waits for its reading before it answers 202
READ_LEASE = 5.0  # seconds of a claim; a worker releases what it has not read after a fiftieth of it
READ_ATTEMPTS = 5  # claims of a drawing, after which it is failed
LIVE_WAIT = 2.0  # seconds a live request waits for its reading
EXPLAIN_WAIT = 2.8  # seconds a request waits for an explanation; at most `doorbell.PATIENT`
EXPORT_WAIT = 2.8  # seconds a request waits for the download of a version, which takes less than one

# ---- Reviewing

REVIEW_LEASE = 120.0  # seconds for which a drawing is one reviewer's; the desk prolongs it
REVIEW_RANDOM_SHARE = env.float("REVIEW_RANDOM_SHARE", default=0.1)  # of what reviewers get, drawn by lot
REVIEW_TWICE = env.float("REVIEW_TWICE", default=0.05)  # share of verdicts on which another reviewer looks too
REVIEW_A_DAY = env.int("REVIEW_A_DAY", default=50)  # drawings of one user and day in the queue; 0 is no limit

# ---- Training

TRAINING_LEAST_NEW = env.int("TRAINING_LEAST_NEW", default=50)  # newly reviewed drawings that are worth a run
TRAINING_PROMOTES = env.bool("TRAINING_PROMOTES", default=True)  # promote automatically if all gates pass
_data = env.str("TRAINING_DATA", default="")
TRAINING_DATA = Path(_data) if _data else None  # folder with data sets (mnist.npz ...) for replay
TRAINING_KEPT_VERSIONS = env.int(
    "TRAINING_KEPT_VERSIONS", default=5
)  # artifacts of unused trained versions that are kept
TRAINING_A_DAY = env.int("TRAINING_A_DAY", default=20)  # drawings of one user and day that may train
TRAINING_A_USER = env.int("TRAINING_A_USER", default=200)  # drawings of one user
TRAINING_CHECKS_LABELS = env.bool("TRAINING_CHECKS_LABELS", default=True)  # compare labels with reference digits
TRAINING_STEPS = env.int("TRAINING_STEPS", default=0)  # of a fine-tuning; 0: the default of ml.training.finetune
TRAINING_LEASE = env.float(
    "TRAINING_LEASE", default=120.0
)  # seconds without a sign of life, after which a trainer counts as dead
TRAINING_QUEUE = 3600.0  # seconds a run may wait for a trainer

# ---- The queue. Messages are hints: the row in the database decides (docs/architecture.md)

_broker = REDIS_URL.replace("unix://", "redis+socket://", 1)
_retry = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}
CELERY_BROKER_URL = _broker
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 2,  # longer than the BRPOP wait of one second, and never endless
    "socket_connect_timeout": 1,
    "health_check_interval": 10,
    **_retry,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = _retry
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Early acknowledgement: a lost ring is rung again, and a late acknowledgement ends Celery 5.7 when Redis restarts.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_SOFT_TIME_LIMIT = 20
CELERY_TASK_TIME_LIMIT = 30
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ACCEPT_CONTENT = ["json"]  # no format that could carry code
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "reading"
_on_training_worker = (
    TaskName.PURGE, TaskName.TRAIN, TaskName.EXPORT_VERSION, TaskName.READ_SHADOW, TaskName.SCORE_REVIEW_ITEMS,
)  # fmt: skip
CELERY_TASK_ROUTES = {task.value: {"queue": "training"} for task in _on_training_worker}
# The schedule is in the database, so that staff can change it. These entries are written there at each start. The
# retraining is not among them but in a migration, so that a change in the admin stays.
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {  # this scheduler knows the option `expire_seconds` and ignores `expires`
    "reconcile": {"task": TaskName.RECONCILE.value, "schedule": 15.0, "options": {"expire_seconds": 14}},
    "shadow": {"task": TaskName.READ_SHADOW.value, "schedule": 30.0, "options": {"expire_seconds": 29}},
    "scoring": {
        "task": TaskName.SCORE_REVIEW_ITEMS.value,
        "schedule": 30.0,
        "options": {"expire_seconds": 29},
    },
    # Hourly, because the scheduler counts the interval from its last start.
    "purge": {"task": TaskName.PURGE.value, "schedule": 3600.0, "options": {"expire_seconds": 3000}},
}
CELERY_RESULT_EXPIRES = None  # no results are stored, so no task is needed that deletes them

# ---- Security

_cookie = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_cookie}sessionid"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = f"{_cookie}csrftoken"
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# ---- Logging

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
}
