"""HTML in templates: checks that tags are closed, converts HTML to plain text, and sanitizes admins' HTML."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from jinja2 import nodes

_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
_ACTIVE = frozenset({"script", "iframe", "object", "embed"})
_VALUE = "\ue000"  # stands for a value; a private-use character, which no template needs
_NAMED = re.compile(f"</?{_VALUE}")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINKS = ("https://", "http://", "mailto:", "tel:", "sip:", "pexip:")

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "div", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "i", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "th",
    "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title"},
    "a": {"href"},
    "font": {"color", "face", "size"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
}
_STYLES = {
    "background-color", "border", "border-collapse", "color", "font", "font-family", "font-size", "font-style",
    "font-weight", "letter-spacing", "line-height", "margin", "margin-bottom", "margin-left", "margin-right",
    "margin-top", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align",
    "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space",
}  # fmt: skip


class _Tags(HTMLParser):
    """Records tags that are left open or closed in the wrong order, and values where escaping is not enough."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)  # otherwise "&lt;b" would look like a tag
        self.faults: list[str] = []
        self._open: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.getpos()[0]
        if tag in _ACTIVE:
            self.faults.append(f"line {line}: <{tag}> does not work in e-mail and is not allowed")
        if _VALUE in _QUOTED.sub("", self.get_starttag_text() or ""):
            self.faults.append(f"line {line}: put quotes around the value in <{tag.replace(_VALUE, '…')}>")
        if any(name.startswith("on") for name, _ in attrs):
            self.faults.append(f"line {line}: <{tag}> has an event handler, which is not allowed")
        if tag not in _VOID:
            self._open.append((tag, line))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # HTML has no self-closing tags: <div/> opens a div

    def handle_data(self, data: str) -> None:
        if _VALUE in data and self._open and self._open[-1][0] in ("style", *_ACTIVE):
            self.faults.append(f"line {self.getpos()[0]}: a value is not allowed in <{self._open[-1][0]}>")

    def handle_endtag(self, tag: str) -> None:
        line = self.getpos()[0]
        if tag in _VOID:
            return
        if tag not in (name for name, _ in self._open):
            self.faults.append(f"line {line}: </{tag}> closes nothing")
            return
        while (name := self._open.pop())[0] != tag:
            self.faults.append(f"line {line}: </{tag}> comes before <{name[0]}> in line {name[1]} is closed")

    def close(self) -> None:
        """Report anything incomplete at the end of the text. `rawdata` is what HTMLParser could not parse."""
        if "<" in self.rawdata:
            self.faults.append(f"line {self.getpos()[0]}: a tag or comment is incomplete")
        self.faults += [f"line {line}: <{tag}> is not closed" for tag, line in self._open]


def faults(tree: nodes.Template) -> list[str]:
    """The problems in a template's own HTML, with their lines: tags left open or closed in the wrong order, and values
    outside quotes. The HTML is checked once for each branch of an `if`, taking the same branch throughout, because a
    tag opened in one `if` may be closed in a later one.
    """
    ways = max((2 + len(node.elif_) for node in tree.find_all(nodes.If)), default=1)
    found: dict[str, None] = {}
    for way in range(ways):
        tags = _Tags()
        html = _skeleton(tree, way)
        tags.feed(html)
        tags.close()
        found |= dict.fromkeys([*tags.faults, *_named(html)])
    return list(found)


def _named(html: str) -> Iterator[str]:
    for tag in _NAMED.finditer(html):
        line = 1 + html.count("\n", 0, tag.start())
        yield f"line {line}: a value cannot be a tag's name"


def _skeleton(tree: nodes.Template, way: int) -> str:
    """The pieces of the template's own HTML, on their original lines and with a placeholder for every value."""
    pieces: list[str] = []
    line = 1
    for node in _outputs(tree.body, way):
        missing = max(node.lineno - line, 0)
        piece = "\n" * missing + (node.data if isinstance(node, nodes.TemplateData) else _VALUE)
        line += piece.count("\n")
        pieces.append(piece)
    return "".join(pieces)


def _outputs(body: Iterable[nodes.Node], way: int) -> Iterator[nodes.Node]:
    for node in body:
        if isinstance(node, nodes.Output):
            yield from node.nodes
        elif isinstance(node, nodes.If):
            branches = [node.body, *(branch.body for branch in node.elif_), node.else_]
            yield from _outputs(branches[min(way, len(branches) - 1)], way)
        elif isinstance(node, nodes.For | nodes.With | nodes.AssignBlock | nodes.FilterBlock):
            yield from _outputs(node.body, way)


def html_to_text(html: str) -> str:
    """HTML as human-readable plain text. Lines break only where the HTML breaks them, so addresses and security tags
    stay whole. A link's address follows its label if the two differ.
    """
    if not html.strip():
        return ""
    from inscriptis import Inscriptis  # type: ignore[import-untyped]  # imported here, because it loads lxml
    from inscriptis.css_profiles import CSS_PROFILES  # type: ignore[import-untyped]
    from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]
    from lxml.html import fromstring  # type: ignore[import-untyped]

    tree = fromstring(f"<body>{_CONTROL.sub('', html)}</body>")
    for link in tree.iter("a"):
        target = link.get("href", "")
        if target.startswith(_LINKS) and target not in link.text_content():
            link.tail = f" <{target}>{link.tail or ''}"
    lines = Inscriptis(tree, ParserConfig(css=CSS_PROFILES["strict"])).get_text().splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def sanitise(html: str) -> str:
    """An admin's HTML (the task pane's headings and messages), reduced to text formatting. Scripts and handlers are
    removed.

    Allowed: formatting tags, links to https: and mailto:, and inline styles for fonts, colours and spacing.
    """
    import nh3  # imported here because not every process shows HTML

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "mailto"},
        link_rel="noopener noreferrer",
        filter_style_properties=_STYLES,
        strip_comments=True,
    )
