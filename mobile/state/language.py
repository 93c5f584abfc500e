"""The person's language: on this device at once, and in what the server writes to them."""

from mobile.gateway import failures
from mobile.state.services import Services


async def choose_language(services: Services, language: str) -> bool:
    """Speaks another language from now on, and has the server write in it too; False when the server couldn't be told."""
    services.settings.put(language=language)
    if not services.gateway.is_signed_in:
        return True
    try:
        payload = await services.gateway.mutate("ViewerUpdate", {"input": {"locale": language.upper()}})
    except failures.SessionEnded:
        services.session.end()
        return True
    except failures.Failure:
        return False
    return "viewer" in payload
