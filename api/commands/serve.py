"""`simurgh serve`."""


from api import serving
from api.commands.options import Data, Host, Port
from api.settings import read_settings
from api.stopping import to_the_end


def serve(host: Host = None, port: Port = None, data: Data = None) -> None:
    """Answers HTTP only: production runs any number of these beside its workers."""
    to_the_end(serving.serve(read_settings(host=host, port=port, data_dir=data)))
