"""`simurgh worker`."""


from api.commands.options import Data
from api.settings import read_settings
from api.stopping import to_the_end
from api.worker import work_only


def worker(data: Data = None) -> None:
    """Does the work after commit only: mail, SMS, provisioning."""
    to_the_end(work_only(read_settings(data_dir=data)))
