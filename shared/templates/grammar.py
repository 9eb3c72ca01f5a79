"""The parts of Jinja2's language that templates may contain, and how templates are charged for their work (T1, T2).

The syntax tree from Jinja2's parser is checked against a list of what is allowed, so a new version of Jinja2 does not
add anything by itself. Macros, `recursive` loops and calls to unlisted functions are deliberately excluded, so that
there is no recursion. So are include, import, extends, `**`, and all attributes except those of `loop` and of the
result of `pex_now`.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from shared.templates.meter import CHARACTERS_PER_STEP
from shared.templates.pex import NOW_PARTS

LOOP_PARTS = frozenset({"index", "index0", "first", "last", "length", "revindex", "revindex0"})

TESTS = frozenset({
    "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "greaterthan", "gt", "in",
    "integer", "le", "lessthan", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sequence", "string",
    "true", "undefined", "upper", "==", "!=", "<", "<=", ">", ">=",
})  # fmt: skip
"""The allowed tests (`is …`), which only inspect a value."""

MAX_DEPTH = 60
"""Maximum depth of a template's tree. It is far more than people need, and far less than Python's compiler and our code
can handle.
"""

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign, nodes.AssignBlock,
    nodes.FilterBlock, nodes.With, nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair,
    nodes.Keyword, nodes.Getitem, nodes.Getattr, nodes.Slice, nodes.Filter, nodes.Test, nodes.Call, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div,
    nodes.FloorDiv, nodes.Mod, nodes.Concat, nodes.CondExpr, nodes.Scope,
)  # fmt: skip

_NAMES = {
    "Pow": "**", "FromImport": "import", "CallBlock": "call", "ScopedEvalContextModifier": "autoescape",
    "NSRef": "namespace",
}  # fmt: skip

# Filters that only `instrument` inserts into a tree. Their names cannot be written in a template.
VARIABLE, CONTAINER, LOOP, CONCAT = "@variable", "@container", "@loop", "@concat"


@dataclass
class Checked:
    """The results of checking a template's tree."""

    faults: list[str] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)
    """The names that the template reads, each with the line of its first use."""
    assigned: set[str] = field(default_factory=set)

    def fault(self, node: nodes.Node, message: str) -> None:
        """Record a problem at the node's line, once."""
        line = f"line {node.lineno}: {message}"
        if line not in self.faults:
            self.faults.append(line)


def check(tree: nodes.Template, filters: Container[str], functions: Container[str]) -> Checked:
    """Check a tree, and return everything in it that is not allowed, in the order of the template. Raises
    RecursionError for a tree deeper than MAX_DEPTH. The check itself is not recursive.
    """
    found = Checked()
    rest: list[tuple[nodes.Node, nodes.Node | None, int]] = [(tree, None, 0)]
    while rest:
        node, parent, depth = rest.pop()
        if depth > MAX_DEPTH:
            raise RecursionError(f"a template's tree has more than {MAX_DEPTH} levels")
        _check_node(node, parent, found, filters, functions)
        rest.extend((child, node, depth + 1) for child in reversed(list(node.iter_child_nodes())))
    return found


def _check_node(
    node: nodes.Node, parent: nodes.Node | None, found: Checked, filters: Container[str], functions: Container[str]
) -> None:
    if not isinstance(node, _ALLOWED):
        kind = type(node).__name__
        found.fault(node, f"{_NAMES.get(kind, kind.lower())} is not allowed in templates")
    elif isinstance(node, nodes.Name):
        _check_name(node, parent, found)
    elif isinstance(node, nodes.Getattr):
        _check_attribute(node, found)
    elif isinstance(node, nodes.For) and node.recursive:
        found.fault(node, "recursive loops are not allowed in templates")
    elif isinstance(node, nodes.Filter | nodes.Test | nodes.Call):
        _check_operation(node, found, filters, functions)


def _check_operation(
    node: nodes.Filter | nodes.Test | nodes.Call, found: Checked, filters: Container[str], functions: Container[str]
) -> None:
    if isinstance(node, nodes.Filter) and node.name not in filters:
        found.fault(node, f"there is no filter {node.name!r}")
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        found.fault(node, f"there is no test {node.name!r}")
    if isinstance(node, nodes.Call) and not (isinstance(node.node, nodes.Name) and node.node.name in functions):
        found.fault(node, "only the functions range and pex_… can be called")
    if node.dyn_args or node.dyn_kwargs:
        found.fault(node, "arguments with * or ** are not allowed in templates")


def _check_name(node: nodes.Name, parent: nodes.Node | None, found: Checked) -> None:
    called = isinstance(parent, nodes.Call) and parent.node is node
    if node.ctx != "load":
        found.assigned.add(node.name)
    elif node.name == "loop" and not isinstance(parent, nodes.Getattr):
        found.fault(node, "loop can only be used as loop.index and the like")
    elif not called and node.name != "loop":
        found.used.setdefault(node.name, node.lineno)


def _check_attribute(node: nodes.Getattr, found: Checked) -> None:
    of_loop = isinstance(node.node, nodes.Name) and node.node.name == "loop"
    if node.attr not in (LOOP_PARTS if of_loop else NOW_PARTS):
        found.fault(
            node, f".{node.attr} is not allowed: values have no attributes in templates, only [0], [1], … for lists"
        )


class _Instrument(NodeTransformer):
    """Inserts charges into a tree; see `meter`."""

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        return node if node.ctx != "load" or node.name == "loop" else _paid(node, VARIABLE)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        node.args = [self.visit(each) for each in node.args]
        node.kwargs = [self.visit(each) for each in node.kwargs]
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        first, *others = [self.visit(each) for each in node.nodes]
        return _paid(first, CONCAT, *others)

    def visit_List(self, node: nodes.List) -> nodes.Node:
        return _paid(self.generic_visit(node), CONTAINER)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        return _paid(self.generic_visit(node), CONTAINER)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        inside = self.generic_visit(node)
        return _paid(inside, CONTAINER) if node.ctx == "load" else inside

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):  # becomes a Python slice, which causes a warning on a number
            node.node = _paid(node.node, CONTAINER)
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:
        turn = nodes.Const(weight(node), lineno=node.lineno)
        self.generic_visit(node)
        node.iter = _paid(node.iter, LOOP, turn)
        return node


def _paid(node: nodes.Node, filter_name: str, *args: nodes.Node) -> nodes.Filter:
    return nodes.Filter(node, filter_name, list(args), [], None, None, lineno=node.lineno)


def instrument(tree: nodes.Template) -> nodes.Template:
    """The tree with charges for its work inserted. Only for valid trees."""
    _Instrument().visit(tree)
    return tree


def weight(tree: nodes.Node) -> int:
    """The cost in steps of running through a tree once, without its values and inner loops."""
    return sum(1 + _length(node) // CHARACTERS_PER_STEP for node in _walk(tree))


def _length(node: nodes.Node) -> int:
    if isinstance(node, nodes.TemplateData):
        return len(node.data)
    return len(node.value) if isinstance(node, nodes.Const) and isinstance(node.value, str) else 0


def _walk(tree: nodes.Node) -> Iterator[nodes.Node]:
    yield tree
    for child in tree.iter_child_nodes():
        yield from _walk(child)
