"""SMS by an HTTP gateway.

Shape of the gateway (an adapter for another one is another class here):
`POST <url>` with `Authorization: Bearer <token>`, `Idempotency-Key: <id>` and JSON `{"id", "from", "to", "text"}`; `to` is E.164.
Any 2xx means taken, 409 that this id was taken before. Other 4xx refuse the message for good, except 401, 403, 404 (our account or
address there is wrong), 408, 425 and 429; these, 5xx, redirects and silence are tried again, not before `Retry-After` seconds.
"""

import httpx

from domain.notifications.ports import PermanentDeliveryError, SmsMessage, TemporaryDeliveryError

TIMEOUT_SECONDS = 15.0
_ALREADY_TAKEN = 409
_NOT_THE_MESSAGES_FAULT = {401, 403, 404, 408, 425, 429}


class HttpSms:
    """Hands SMS to the HTTP gateway of a URL `https://token@host/path?from=sender`; `close()` when done.

    Plain http is for a gateway on this machine; a wrong URL is a `ValueError` that doesn't repeat the token.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        given = httpx.URL(url)
        self._sender = given.params.get("from", "")
        is_safe = given.scheme == "https" or (given.scheme == "http" and given.host in ("127.0.0.1", "localhost", "::1"))
        if not (is_safe and given.host and given.username and self._sender):
            raise ValueError("an SMS gateway is https://token@host/path?from=sender")
        self._url = given.copy_with(username="", password="", params=given.params.remove("from"))
        headers = {"Authorization": f"Bearer {given.username}"}
        self._client = httpx.AsyncClient(headers=headers, timeout=timeout, follow_redirects=False, trust_env=False)

    async def send(self, message: SmsMessage) -> None:
        """Hands over one SMS; the same id twice is one SMS."""
        body = {"id": str(message.id), "from": self._sender, "to": message.to, "text": message.text}
        try:
            response = await self._client.post(self._url, json=body, headers={"Idempotency-Key": str(message.id)})
        except httpx.HTTPError as error:
            raise TemporaryDeliveryError(f"the SMS gateway can't be reached ({type(error).__name__})") from error
        status = response.status_code
        if response.is_success or status == _ALREADY_TAKEN:
            return
        if response.is_client_error and status not in _NOT_THE_MESSAGES_FAULT:
            raise PermanentDeliveryError(f"the SMS gateway answers {status}")
        seconds = response.headers.get("Retry-After", "")
        retry_after = int(seconds) if seconds.isascii() and seconds.isdigit() else None
        raise TemporaryDeliveryError(f"the SMS gateway answers {status}", retry_after=retry_after)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()
