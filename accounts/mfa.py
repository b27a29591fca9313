"""The adapter of the second factor: its secrets are stored encrypted."""

from __future__ import annotations

import base64
import logging
import secrets

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

logger = logging.getLogger(__name__)
_SALT = "accounts.mfa"


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Encrypts the secrets of codes, so that a copy of the database is not enough to make codes."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; a random one, which no code matches, if neither SECRET_KEY nor a fallback can decrypt it."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.error("A second factor needs a secret that was replaced. Name it in SECRET_KEY_FALLBACKS.")
            return base64.b32encode(secrets.token_bytes(20)).decode()


def _box() -> MultiFernet:
    """Encrypts with SECRET_KEY, and decrypts with SECRET_KEY_FALLBACKS too."""
    site_secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = [salted_hmac(_SALT, "", secret=secret, algorithm="sha256").digest() for secret in site_secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
