"""The scenes of the screenshots: each brings the in-memory company and the shell into one state of one page."""

from mobile.scenes import bills, buying, cards, editing, groups, home, inbox, money, signing_in, states
from mobile.scenes.stage import Scene, Stage
from mobile.scenes.theatre import Theatre

__all__ = ["SCENES", "Stage", "Theatre"]

SCENES: dict[str, Scene] = {
    **signing_in.SCENES,
    **home.SCENES,
    **cards.SCENES,
    **editing.SCENES,
    **buying.SCENES,
    **money.SCENES,
    **bills.SCENES,
    **groups.SCENES,
    **inbox.SCENES,
    **states.SCENES,
}
