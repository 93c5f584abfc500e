"""The access table (`access.csv`): for every field of the schema the right it needs, or where it inherits it from."""

import csv
from pathlib import Path

from graphql import GraphQLInterfaceType, GraphQLObjectType

from domain.kernel.permissions import Permission
from schema.root import schema

TABLE = Path(__file__).with_name("access.csv")
INHERITS, OPEN, SIGNED_IN, SESSION, OWN = "inherits", "open", "signed-in", "session", "own-session"
"""What a row may say besides a right: as its parent; anybody; anybody signed in, a token too; a person, in a support view too;
a person in a session of their own."""


def fields() -> list[str]:
    """Every coordinate of an output field, in the schema's order."""
    kinds = [kind for name, kind in sorted(schema._schema.type_map.items()) if not name.startswith("__")]
    return [f"{kind.name}.{field}" for kind in kinds if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) for field in kind.fields]


def declared() -> dict[str, str]:
    """The right each field declares in the code, as its description says."""
    found = {}
    for name, kind in schema._schema.type_map.items():
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            for field, spec in kind.fields.items():
                _, needs, right = (spec.description or "").rpartition("Needs `")
                if needs:
                    found[f"{name}.{field}"] = right.partition("`")[0]
    return found


def table() -> dict[str, str]:
    """The committed decisions."""
    with TABLE.open() as file:
        return {row["field"]: row["needs"] for row in csv.DictReader(file)}


RIGHTS = {permission.value: permission for permission in Permission}


def main() -> None:
    """Writes the rows that are missing with what the code declares, for a person to decide on; drops those gone."""
    known, says = table() if TABLE.exists() else {}, declared()
    with TABLE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["field", "needs"])
        writer.writerows((field, known.get(field) or says.get(field, INHERITS)) for field in fields())


if __name__ == "__main__":
    main()
