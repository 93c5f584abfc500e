"""What an operator can mend: the console script says it in a sentence instead of a traceback."""


class CannotStart(Exception):
    """Why a command can't be carried out here, in a sentence for the operator."""
