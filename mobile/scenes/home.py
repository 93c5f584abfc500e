"""Home, the tree of accounts, and what is found under More."""


from mobile.scenes.stage import Scene, Stage


async def home(stage: Stage) -> None:
    await stage.open_root("home")


async def home_outage(stage: Stage) -> None:
    stage.server.has_outage = True
    await stage.open_root("home")


async def account_tree(stage: Stage) -> None:
    page = await stage.open("account_tree")
    page.model.toggle("account-nothing")


async def help(stage: Stage) -> None:
    await stage.open("help")


async def help_stranger(stage: Stage) -> None:
    stage.shell.go("help")


async def help_article(stage: Stage) -> None:
    page = await stage.open("help")
    stage.shell.go("help_article", article=page.model.articles[1])


async def more(stage: Stage) -> None:
    await stage.open_root("more")


async def sessions(stage: Stage) -> None:
    await stage.open("sessions")


async def members(stage: Stage) -> None:
    await stage.open("members")


async def audit(stage: Stage) -> None:
    await stage.open("audit")


SCENES: dict[str, Scene] = {
    "03-home": home,
    "03-home-outage": home_outage,
    "04-account-tree": account_tree,
    "20-help": help,
    "20-help-stranger": help_stranger,
    "20-help-article": help_article,
    "21-more": more,
    "21-sessions": sessions,
    "21-members": members,
    "21-who-looked": audit,
}
