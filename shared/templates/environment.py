"""The sandbox: a Jinja2 environment that can do only what `grammar` allows, and is charged for it (T1, T2).

Jinja2's own sandbox is a second line of defence behind the list of allowed syntax.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, cast

from jinja2 import Template, TemplateError, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.runtime import Context, LoopContext, markup_join, str_join
from jinja2.sandbox import ImmutableSandboxedEnvironment

from shared.errors import TemplateInvalid
from shared.templates import grammar
from shared.templates.catalogue import MAX_TEMPLATE
from shared.templates.meter import Meter, weigh
from shared.templates.pex import NOW_PARTS, PEX, Now
from shared.templates.standard import FILTERS, Filter, range_

MAX_OUTPUT = 262_144
"""Maximum length of a template's output, in characters."""

_COMPILED = 128  # number of compiled templates to cache; an integration has 21


class _Context(Context):
    """The variables for one rendering, and the meter that charges its filters and functions."""

    meter: Meter

    def derived(self, locals: dict[str, Any] | None = None) -> "_Context":
        """Jinja2's context for calls inside a loop, with the same meter."""
        context = cast(_Context, super().derived(locals))
        context.meter = self.meter
        return context


def _metered(function: Filter) -> Callable[..., Any]:
    """Wraps a filter or function for Jinja2, passing it the meter and charging for its result."""

    @pass_context
    def paid(context: _Context, *args: Any, **kwargs: Any) -> Any:
        context.meter.charge(1)
        return context.meter.hold(function(context.meter, *args, **kwargs))

    return paid


def _variable(_: Meter, value: Any) -> Any:
    """The value of a name, provided that it is data and not a function, a Jinja2 object or the like."""
    if value is None or isinstance(value, str | int | float | list | tuple | dict | Undefined | Now):
        return value
    raise TypeError("not a value")


def _loop(meter: Meter, value: Any, turn: int) -> list[Any]:
    if not isinstance(value, str | list | tuple | dict | Undefined):
        raise TypeError("a loop needs a list")
    entries = list(value)
    meter.charge(turn * len(entries))
    return entries


@pass_context
def _concat(context: _Context, *values: Any) -> str:
    pieces = [_shown(value) for value in values]
    context.meter.room(sum(map(len, pieces)))
    return markup_join(pieces) if context.eval_ctx.autoescape else str_join(pieces)


def _shown(value: Any) -> str:
    """The text printed for a value; nothing for None. Lists and the like are printed as in Python."""
    if isinstance(value, str):
        return value
    return "" if value is None else str(value)


@pass_context
def _finalize(context: _Context, value: Any) -> str:
    shown = _shown(value)
    context.meter.room(len(shown))
    return shown


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment. There is one for HTML, where values are escaped, and one for plain text."""

    context_class = _Context
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def __init__(self, *, html: bool) -> None:
        # Not optimized, so that nothing is computed at compile time, when there is no meter.
        super().__init__(autoescape=html, optimized=False, finalize=_finalize, cache_size=0)
        functions = {name: _metered(function) for name, function in PEX.items()}
        self.filters = {name: _metered(function) for name, function in FILTERS.items()} | functions
        self.globals = {**functions, "range": _metered(range_)}
        self.tests = {name: test for name, test in self.tests.items() if name in grammar.TESTS}
        self.allowed_filters = frozenset(self.filters)
        self.allowed_functions = frozenset(self.globals)
        self.filters |= {
            grammar.VARIABLE: _metered(_variable),
            grammar.CONTAINER: _metered(lambda _, value: value),
            grammar.LOOP: _metered(_loop),
            grammar.CONCAT: _concat,
        }

    def getattr(self, obj: Any, attribute: str) -> Any:
        """An attribute of `loop` or of the result of `pex_now`. Nothing else has attributes."""
        parts = {LoopContext: grammar.LOOP_PARTS, Now: NOW_PARTS}.get(type(obj), frozenset())
        return getattr(obj, attribute) if attribute in parts else self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An entry in a list, text or mapping, but never an attribute."""
        try:
            return obj[argument]
        except (TypeError, LookupError):
            return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        """Only our own functions are ever called."""
        return any(obj is function for function in self.globals.values())

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Apply an operator, after checking the size of its result."""
        meter = cast(_Context, context).meter
        if operator == "%" and isinstance(left, str):
            raise TypeError("use the format filter instead of %")
        if operator == "*":
            meter.room(_product(left, right))
        return meter.hold(super().call_binop(context, operator, left, right))


def _product(left: Any, right: Any) -> int:
    """The size of the result of repeating a string or list; 0 for a product of numbers."""
    for repeated, times in ((left, right), (right, left)):
        if isinstance(repeated, str | list | tuple) and isinstance(times, int):
            return (weigh(repeated) - 1) * max(times, 0)
    return 0


@cache
def sandbox(*, html: bool) -> Sandbox:
    """The environment for HTML or for plain text, created when first needed."""
    return Sandbox(html=html)


def parse(text: str, *, html: bool) -> tuple[nodes.Template | None, grammar.Checked]:
    """A template's syntax tree and the result of checking it. There is no tree if the template cannot be parsed."""
    environment = sandbox(html=html)
    try:
        if len(text) > MAX_TEMPLATE:
            return None, grammar.Checked([f"it is longer than {MAX_TEMPLATE:,} characters"])
        tree = environment.parse(text)
        return tree, grammar.check(tree, environment.allowed_filters, environment.allowed_functions)
    except TemplateSyntaxError as error:
        return None, grammar.Checked([f"line {error.lineno}: {error.message}"])
    except (RecursionError, ValueError):  # too many nested brackets, or a number with thousands of digits
        return None, grammar.Checked(["it is nested too deeply, or contains too long a number"])


@lru_cache(maxsize=_COMPILED)
def compiled(text: str, *, html: bool) -> Template:
    """A template that is ready to run. Raises TemplateInvalid with the template's first problem."""
    tree, checked = parse(text, html=html)
    if tree is None or checked.faults:
        raise TemplateInvalid(checked.faults[0])
    environment = sandbox(html=html)
    try:
        code = environment.compile(grammar.instrument(tree))
    except (TemplateError, SyntaxError, RecursionError, MemoryError) as error:
        raise TemplateInvalid(f"it cannot be compiled ({type(error).__name__}): it is nested too deeply") from error
    return Template.from_code(environment, code, environment.make_globals(None))


def run(text: str, values: Mapping[str, Any], meter: Meter, *, html: bool) -> str:
    """The result of a template for these values. TemplateInvalid is the only exception it raises."""
    template = compiled(text, html=html)
    context = cast(_Context, template.new_context(dict(values)))
    context.meter = meter
    try:
        result = "".join(template.root_render_func(context))
    except Exception as error:
        # Any exception at all, because the admin wrote the template. The error's text may contain personal data, so it
        # is not repeated.
        raise _explained(template, error) from error
    if len(result) > MAX_OUTPUT:
        raise TemplateInvalid(f"it produces more than {MAX_OUTPUT:,} characters")
    return result.encode("utf-8", "ignore").decode()  # without lone surrogates, which e-mails cannot contain


def _explained(template: Template, error: Exception) -> TemplateInvalid:
    lines = []
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            lines.append(template.get_corresponding_lineno(trace.tb_lineno))
        trace = trace.tb_next
    where = f"line {lines[-1]}: " if lines else ""
    if isinstance(error, TemplateInvalid):
        return type(error)(f"{where}{error}")
    return TemplateInvalid(f"{where}an expression cannot be evaluated ({type(error).__name__})")
