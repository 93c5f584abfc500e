"""Tokens under a key of the Android key store: the key never leaves the device's hardware. Unproven: no device has run it yet."""

import base64
import importlib
import pathlib
from typing import Any

from mobile.gateway.tokens import Tokens

ALIAS = "simurgh.tokens"
CIPHER = "AES/GCM/NoPadding"
TAG_BITS = 128


class AndroidTokens:
    """Encrypts the pair with AES-GCM by a key that AndroidKeyStore made and keeps; the file holds only ciphertext."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        # pyjnius exists on the device only, so it is looked up by name when the first store is made.
        self._class: Any = importlib.import_module("jnius").autoclass

    def load(self) -> Tokens | None:
        """The kept pair, or None; a file that the key no longer opens counts as none."""
        try:
            vector, sealed = (base64.b64decode(part) for part in self._path.read_text(encoding="ascii").split())
            cipher = self._class("javax.crypto.Cipher").getInstance(CIPHER)
            spec = self._class("javax.crypto.spec.GCMParameterSpec")(TAG_BITS, vector)
            cipher.init(self._class("javax.crypto.Cipher").DECRYPT_MODE, self._key(), spec)
            return Tokens.from_json(bytes(cipher.doFinal(sealed)).decode())
        except (FileNotFoundError, ValueError, KeyError):
            return None

    def save(self, tokens: Tokens) -> None:
        """Replaces the kept pair."""
        cipher = self._class("javax.crypto.Cipher").getInstance(CIPHER)
        cipher.init(self._class("javax.crypto.Cipher").ENCRYPT_MODE, self._key())
        sealed = cipher.doFinal(tokens.to_json().encode())
        parts = (bytes(cipher.getIV()), bytes(sealed))
        self._path.write_text(" ".join(base64.b64encode(part).decode() for part in parts), encoding="ascii")

    def clear(self) -> None:
        """Forgets the pair; the key stays for the next one."""
        self._path.unlink(missing_ok=True)

    def _key(self) -> Any:
        store = self._class("java.security.KeyStore").getInstance("AndroidKeyStore")
        store.load(None)
        if not store.containsAlias(ALIAS):
            properties = self._class("android.security.keystore.KeyProperties")
            builder = self._class("android.security.keystore.KeyGenParameterSpec$Builder")
            purposes = properties.PURPOSE_ENCRYPT | properties.PURPOSE_DECRYPT
            spec = builder(ALIAS, purposes).setBlockModes([properties.BLOCK_MODE_GCM])
            spec = spec.setEncryptionPaddings([properties.ENCRYPTION_PADDING_NONE]).build()
            maker = self._class("javax.crypto.KeyGenerator").getInstance("AES", "AndroidKeyStore")
            maker.init(spec)
            maker.generateKey()
        return store.getKey(ALIAS, None)
