"""The style guide as data and checks: what `test_tidy.py` holds every file of the project to.

Each check reads one parsed source and yields findings: the place, the rule and what would pass. Nothing here
imports the code it judges.
"""

import ast
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

FLOORS = ("domain", "matching", "venue", "services", "world", "dialects", "transports", "faces")
FLOOR_OF_ROOM = {name: floor for floor, name in enumerate(FLOORS)} | {"scenario": FLOORS.index("world")}
FACES = FLOORS.index("faces")

MODULE_LINES = 400
FUNCTION_LINES = 70

CLOCK = "simexchange/services/clock.py"
RANDOMNESS = "simexchange/services/randomness.py"
HOME_OF_SOURCE_OF_CHANCE = {"time": CLOCK, "random": RANDOMNESS, "secrets": RANDOMNESS}
SOCKET_LIBRARIES = frozenset(
    {"anyio", "asyncio", "httptools", "selectors", "socket", "starlette", "uvicorn", "uvloop", "websockets"}
)
WALL_CLOCK_READS = frozenset({"now", "utcnow", "today"})
CHANCE_READS = frozenset({("os", "urandom"), ("uuid", "uuid1"), ("uuid", "uuid4")})

LEFT_FOR_LATER = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.}$-])/(?:home|Users|root|work|tmp)/[A-Za-z.]")
REGISTRY = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|crates|rubygems)\.(?:org|com|io)\b|--?(?:extra-)?index-url|find-link[s]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """One place that breaks one rule, and what would pass instead."""

    path: str
    line: int
    rule: str
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.what}; {self.instead}"


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the project root, its text and which folders of dialects/ are venues."""

    path: str
    text: str
    venues: frozenset[str] = frozenset()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> list[ast.stmt | ast.expr]:
        """Every statement and expression, at any depth: the nodes that know their line."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.stmt | ast.expr)]

    @property
    def rooms(self) -> tuple[str, ...]:
        """The dotted path as parts: simexchange/venue/orders.py is ("simexchange", "venue", "orders")."""
        parts = PurePosixPath(self.path).with_suffix("").parts
        return parts[:-1] if parts[-1] == "__init__" else parts

    @property
    def in_package(self) -> bool:
        return self.rooms[0] == "simexchange"

    @property
    def below_floats(self) -> bool:
        """True for the rooms that count in ints alone."""
        if not self.in_package or floor_of(self.rooms) > FLOOR_OF_ROOM["services"]:
            return False
        return self.rooms[1:3] != ("services", "market_models")

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Every (line, dotted name) the file imports, at any depth, with relative names made absolute."""
        return [(node.lineno, name) for node in self.nodes for name in self._imported(node)]

    def _imported(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                folder = PurePosixPath(self.path).parent.parts
                above = folder[: len(folder) - level + 1] if level else ()
                origin = ".".join((*above, *filter(None, [module])))
                yield from (f"{origin}.{alias.name}" for alias in names)
            case ast.Call(func=func, args=[ast.Constant(value=str() as name), *_]):
                if _dotted(func).rpartition(".")[2] in {"import_module", "__import__"}:
                    yield name

    def finding(self, line: int, rule: str, what: str, instead: str) -> Finding:
        return Finding(self.path, line, rule, what, instead)


Check = Callable[[Source], Iterator[Finding]]


def floor_of(rooms: tuple[str, ...]) -> int:
    """The floor of a dotted path inside the package; what the table does not name stands on the top floor."""
    return FLOOR_OF_ROOM.get(rooms[1], FACES) if len(rooms) > 1 else FACES


def _dotted(node: ast.AST) -> str:
    """`a.b.c` for a chain of names, and an empty string for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def upward_imports(source: Source) -> Iterator[Finding]:
    if not source.in_package:
        return
    own = floor_of(source.rooms)
    for line, name in source.imports:
        target = tuple(name.split("."))
        if target[0] != "simexchange" or target[1:] == ("__version__",):
            continue
        if floor_of(target) > own:
            yield source.finding(
                line,
                "upward-import",
                f"the {FLOORS[own]} floor imports {name} of the {FLOORS[floor_of(target)]} floor",
                "import only this floor and those below, and have the caller hand the rest in",
            )


def dialect_imports(source: Source) -> Iterator[Finding]:
    if source.rooms[:2] != ("simexchange", "dialects") or source.rooms[2:3] == ():
        return
    own = source.rooms[2]
    for line, name in source.imports:
        target = name.split(".")
        if target[:2] == ["simexchange", "dialects"] and target[2:3] and target[2] in source.venues - {own}:
            yield source.finding(
                line,
                "dialect-import",
                f"the room {own} of dialects imports the dialect {target[2]}",
                "share through dialects/base.py or a lower floor",
            )


def stray_imports(source: Source) -> Iterator[Finding]:
    if not source.in_package:
        return
    for line, name in source.imports:
        library = name.split(".")[0]
        home = HOME_OF_SOURCE_OF_CHANCE.get(library)
        if home and source.path != home:
            yield source.finding(line, "stray-import", f"imports {library}", f"only {home} may; ask it instead")
        if library in SOCKET_LIBRARIES and floor_of(source.rooms) < FLOOR_OF_ROOM["transports"]:
            yield source.finding(
                line,
                "stray-import",
                f"imports {library}",
                "only transports and faces may; stay free of I/O here",
            )


def wall_clock_reads(source: Source) -> Iterator[Finding]:
    if not source.in_package or source.path in {CLOCK, RANDOMNESS}:
        return
    origin: dict[str, str] = {}
    for node in source.nodes:
        if isinstance(node, ast.Import):
            origin |= {(alias.asname or alias.name): alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            origin |= {(alias.asname or alias.name): f"{node.module}.{alias.name}" for alias in node.names}
    for node in source.nodes:
        if not isinstance(node, ast.Attribute | ast.Name):
            continue
        head, _, rest = _dotted(node).partition(".")
        parts = tuple(filter(None, [*origin.get(head, "").split("."), *rest.split(".")]))
        if parts[:1] == ("datetime",) and len(parts) > 1 and parts[-1] in WALL_CLOCK_READS:
            yield source.finding(node.lineno, "wall-clock", f"reads {'.'.join(parts)}", f"ask {CLOCK} instead")
        elif parts in CHANCE_READS:
            yield source.finding(node.lineno, "wall-clock", f"draws {'.'.join(parts)}", f"ask {RANDOMNESS} instead")


def floats(source: Source) -> Iterator[Finding]:
    if not source.below_floats:
        return
    for node in source.nodes:
        what = _inexact(node)
        if what:
            yield source.finding(
                node.lineno,
                "float",
                what,
                "count in ints: //, units.mul_div, parse_units (and joinpath for paths)",
            )
    for line, name in source.imports:
        if name.split(".")[0] in {"decimal", "fractions"}:
            yield source.finding(line, "float", f"imports {name}", "count in ints, as domain/units.py does")


def _inexact(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=float() | complex()):
            return f"the literal {node.value!r}"
        case ast.Name(id="float" | "complex"):
            return f"the type {node.id}"
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return "a true division"
        case ast.BinOp(op=ast.Pow(), right=ast.UnaryOp(op=ast.USub())):
            return "a negative power"
    return ""


def sizes(source: Source) -> Iterator[Finding]:
    if source.rooms[0] == "tests":
        return
    lines = len(source.text.splitlines())
    if lines > MODULE_LINES:
        yield source.finding(1, "size", f"{lines} lines", f"split it by role: {MODULE_LINES} is the most")
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield source.finding(
                    node.lineno,
                    "size",
                    f"{node.name} has {length} lines",
                    f"split it: {FUNCTION_LINES} is the most",
                )


def _comments(source: Source) -> Iterator[tokenize.TokenInfo]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token


def left_for_later(source: Source) -> Iterator[Finding]:
    prose = [(token.start[0], token.string) for token in _comments(source)]
    for node in source.nodes:
        match node:
            case ast.Expr(value=ast.Constant(value=str() as text)):
                prose += enumerate(text.splitlines(), node.lineno)
    for line, text in prose:
        mark = LEFT_FOR_LATER.search(text)
        if mark:
            yield source.finding(line, "left-for-later", f"says {mark[0]}", "do it, or record it where work is planned")


def commented_out_code(source: Source) -> Iterator[Finding]:
    rows = source.text.splitlines()
    block: list[tuple[int, str]] = []
    for token in _comments(source):
        line, column = token.start
        if rows[line - 1][:column].strip():
            continue  # a remark behind code: `x = 5  # f(4)` explains, it does not disable
        if block and line != block[-1][0] + 1:
            yield from _code_in(source, block)
            block = []
        block.append((line, token.string.lstrip("#")))
    yield from _code_in(source, block)


def _code_in(source: Source, block: list[tuple[int, str]]) -> Iterator[Finding]:
    text = textwrap.dedent("\n".join(row for _, row in block))
    if _is_code(text):
        lines = [block[0][0]] if block else []
    else:
        lines = [line for line, row in block if _is_code(row.strip())]
    for line in lines:
        yield source.finding(
            line,
            "commented-out-code",
            "this comment is code",
            "delete it, or say in words why it is not there",
        )


def _is_code(text: str) -> bool:
    """Whether `text` compiles and does something: a call written `f(x)`, an assignment, an import."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    for node in ast.walk(tree):
        match node:
            case ast.Assign() | ast.AugAssign() | ast.NamedExpr() | ast.Import() | ast.ImportFrom():
                return True
            case ast.AnnAssign() if node.value:
                return True
            case ast.Call() if _touches_its_parenthesis(text, node):
                return True
    return False


def _touches_its_parenthesis(text: str, call: ast.Call) -> bool:
    """Prose such as `makers (resting)` parses as a call too; only code writes the two together."""
    end_line, end_column = call.func.end_lineno or 1, call.func.end_col_offset or 0
    return text.splitlines()[end_line - 1].encode()[end_column : end_column + 1] == b"("


PYTHON_CHECKS: tuple[Check, ...] = (
    upward_imports,
    dialect_imports,
    stray_imports,
    wall_clock_reads,
    floats,
    sizes,
    left_for_later,
    commented_out_code,
)


def check_python(source: Source) -> list[Finding]:
    """All findings of one Python file, in the order of the rules."""
    return [finding for check in PYTHON_CHECKS for finding in check(source)]


def check_text(path: str, text: str) -> Iterator[Finding]:
    """Findings of any text file: what holds only on one machine, or only beside one registry."""
    for line, row in enumerate(text.splitlines(), 1):
        place = MACHINE_PATH.search(row)
        if place:
            yield Finding(path, line, "machine-path", f"names {place[0]}...", "use a relative path or tmp_path")
        host = REGISTRY.search(row)
        if host:
            yield Finding(path, line, "registry", f"names {host[0]}", "leave the choice of registry to the installer")
