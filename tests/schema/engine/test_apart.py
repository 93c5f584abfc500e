"""The engine could be a library of its own."""

import ast
import sys
from pathlib import Path

from schema import engine

MAY_IMPORT = {"graphql", "msgspec", "strawberry"}


def test_the_engine_imports_nothing_but_graphql_strawberry_and_msgspec() -> None:
    modules = list(Path(engine.__path__[0]).glob("*.py"))
    imported = {
        name
        for module in modules
        for node in ast.walk(ast.parse(module.read_text()))
        for name in ([each.name for each in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    }

    others = {name for name in imported if name.split(".")[0] not in MAY_IMPORT | sys.stdlib_module_names and not name.startswith("schema.engine")}
    assert len(modules) > 8
    assert "schema.engine.facts" in imported
    assert others == set()
