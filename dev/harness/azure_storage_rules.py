"""Checks for requests that Azure Storage rejects, although Azurite or the in-memory storage accepts them. Tests apply
the checks to both.

Sources: Microsoft's reference for the Table service ("Understanding the Table service data model", "Performing entity
group transactions", "Querying tables and entities", "Insert Entity", "Update Entity") and for the Queue service ("Put
Message", "Get Messages", "Naming queues and metadata"). A violation raises `Refused`, which the product does not catch.
It is also recorded in `seen`, for workers that continue after any failure.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

KIB, MIB = 1024, 1024**2
MAX_KEY_BYTES = KIB
"""The maximum size of a partition key or row key in UTF-16, in bytes."""
MAX_TEXT_UNITS = 32 * KIB
MAX_ROW_BYTES = MIB
MAX_COLUMNS = 252
"""The maximum number of columns. Azure allows 255 properties, including both keys and the timestamp."""
MAX_NAME = 255
MAX_TRANSACTION_BYTES, MAX_TRANSACTION_ROWS = 4 * MIB, 100
MAX_COMPARISONS = 15
MAX_MESSAGE_BYTES = 64 * KIB
MAX_DELAY = timedelta(days=7)

_KEYS = ("PartitionKey", "RowKey")
_FORBIDDEN = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NAME = re.compile(r"[^\W\d]\w*")
_TABLE = re.compile(r"[A-Za-z][A-Za-z0-9]{2,62}")
_QUEUE = re.compile(r"(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*")
_ETAG = re.compile(r"""\*|W/"datetime'[0-9A-Za-z%:.\-]+'\"""")
_ADDRESS = re.compile(r"(\w+)\(PartitionKey='((?:[^']|'')*)',RowKey='((?:[^']|'')*)'\)")
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_FILTER_WORDS = re.compile(r"(?:\w+ (?:eq|ne|gt|ge|lt|le) (?:''|true|false|-?\d+L?)|and|or|not|[()]|\s)*")
_COMPARISON = re.compile(r"\b(?:eq|ne|gt|ge|lt|le)\b")
_INT32 = range(-(2**31), 2**31)
_FIXED = {bool: 1, int: 8, float: 8}

seen: list[str] = []
"""All violations in this process."""


class Refused(AssertionError):
    """Azure Storage would reject a request with 400 or 413. The message says why."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        seen.append(why)


def _insist(holds: bool, why: str) -> None:
    if not holds:
        raise Refused(why)


# --- rows


def units(text: str) -> int:
    """The length of a string in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_key(text: str) -> None:
    """Check a partition or row key."""
    _insist(not _FORBIDDEN.search(text), "a key contains a forbidden character")
    _insist(2 * units(text) <= MAX_KEY_BYTES, "a key is longer than 1 KiB")


def check_row(partition: str, key: str, columns: Mapping[str, Any]) -> None:
    """Check a row. Its columns must be strings, whole numbers or booleans. `columns` does not include the keys."""
    check_key(partition)
    check_key(key)
    _insist(len(columns) <= MAX_COLUMNS, f"a row has more than {MAX_COLUMNS} columns")
    size = 4 + 2 * (units(partition) + units(key))
    for name, value in columns.items():
        fits = len(name) <= MAX_NAME and bool(_NAME.fullmatch(name))
        _insist(fits and name not in (*_KEYS, "Timestamp"), f"not a valid column name: {name[:50]!r}")
        size += 8 + 2 * units(name) + _size(name, value)
    _insist(size <= MAX_ROW_BYTES, f"a row takes {size} bytes, more than 1 MiB")


def _size(name: str, value: object) -> int:
    if isinstance(value, str):
        _insist(units(value) <= MAX_TEXT_UNITS, f"'{name}' is longer than 64 KiB")
        _insist(value.isascii() or not re.search("[\ud800-\udfff]", value), f"'{name}' contains a lone surrogate")
        return 4 + 2 * units(value)
    _insist(type(value) in _FIXED, f"'{name}' has a type that a column cannot have")
    if type(value) is int:
        _insist(-(2**63) <= value < 2**63, f"'{name}' has more than 64 bits")
    return _FIXED[type(value)]


def check_transaction(rows: Iterable[tuple[str, str]], size: int) -> None:
    """Check a transaction, given the keys of its rows and its size in bytes."""
    keys = list(rows)
    _insist(1 <= len(keys) <= MAX_TRANSACTION_ROWS, f"a transaction has {len(keys)} operations")
    _insist(len({partition for partition, _ in keys}) == 1, "a transaction affects more than one partition")
    _insist(len(set(keys)) == len(keys), "a transaction affects the same row twice")
    _insist(size <= MAX_TRANSACTION_BYTES, "a transaction takes more than 4 MiB")


def check_filter(text: str) -> None:
    """Check a `$filter`. It compares columns with literals. Quotation marks in literals are doubled."""
    bare = _LITERAL.sub("''", text)
    _insist(bool(_FILTER_WORDS.fullmatch(bare)), "a $filter cannot be parsed")
    _insist(len(_COMPARISON.findall(bare)) <= MAX_COMPARISONS, f"a $filter has more than {MAX_COMPARISONS} comparisons")


# --- messages


def check_message(encoded: str, delay: timedelta = timedelta(0), life: timedelta | None = None) -> None:
    """Check a queue message as sent, possibly in base64. `life` is seven days by default."""
    _insist(len(encoded.encode()) <= MAX_MESSAGE_BYTES, "a message is longer than 64 KiB")
    _insist(timedelta(0) <= delay <= MAX_DELAY, "a message is hidden for longer than seven days")
    _insist(delay < (life or MAX_DELAY), "a message is hidden for longer than its time to live")


# --- requests


def check_request(method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
    """Check an SDK's request to tables or queues. As in Azurite, the first part of the path is the account."""
    parts = urlsplit(url)
    _, _, path = parts.path.lstrip("/").partition("/")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    given = {name.casefold(): value for name, value in headers.items()}
    if "restype" in query or "comp" in query:
        return  # a request for properties of the account or a queue
    if path == "$batch":
        _check_batch(body)
    elif path.partition("(")[0] == "Tables":
        _check_new_table(method, body)
    elif path.endswith("/messages") or "/messages/" in path:
        _check_messages(method, path, query, body)
    elif method == "PUT" and "(" not in path:
        _insist(bool(_QUEUE.fullmatch(path)), f"not a valid queue name: {path!r}")
    elif "dataserviceversion" in given:
        _check_entity(method, unquote(path), query, given, body)


def _check_new_table(method: str, body: bytes) -> None:
    if method == "POST":
        name = str(json.loads(body)["TableName"])
        _insist(bool(_TABLE.fullmatch(name)) and name.casefold() != "tables", f"not a valid table name: {name!r}")


def _check_entity(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> tuple[str, str]:
    """Check a request for one entity or a query for several. Returns the entity's keys, if the request has them."""
    address = _ADDRESS.fullmatch(path)
    if address is None:
        _insist(bool(re.fullmatch(r"\w+(?:\(\))?", path)), "the URL of an entity cannot be parsed")
        if "$filter" in query:
            check_filter(query["$filter"])
        _insist(int(query.get("$top", "1")) <= 1000, "$top is more than 1,000")
    else:
        for text in address.groups()[1:]:
            check_key(text.replace("''", "'"))
    etag = headers.get("if-match")
    _insist(etag is None or bool(_ETAG.fullmatch(etag)), "If-Match is not an ETag in Azure's format")
    _insist(method != "DELETE" or etag is not None, "DELETE has no If-Match")
    entity = json.loads(body) if body and method in ("POST", "PUT", "PATCH", "MERGE") else {}
    if not entity:
        return ("", "") if address is None else (address[2].replace("''", "'"), address[3].replace("''", "'"))
    partition, key = (str(entity[name]) for name in _KEYS)
    if address:
        named = tuple(text.replace("''", "'") for text in address.groups()[1:])
        _insist(named == (partition, key), "the URL of an entity does not match its keys")
    check_row(partition, key, dict(_columns(entity)))
    return partition, key


def _columns(entity: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in entity.items():
        if name in _KEYS or name.endswith("@odata.type") or name.startswith("odata."):
            continue
        kind = entity.get(f"{name}@odata.type")
        if kind == "Edm.Int64":
            _insist(isinstance(value, str), f"'{name}' is Edm.Int64 but not a string")
            yield name, int(value)
            continue
        _insist(type(value) is not int or value in _INT32, f"'{name}' has more than 32 bits but is not Edm.Int64")
        yield name, value


def _check_batch(body: bytes) -> None:
    """Check an entity group transaction: a single changeset of requests."""
    keys = []
    for part in re.split(rb"\r?\n--changeset[^\r\n]*", body)[1:]:
        _, _, request = part.partition(b"\r\n\r\n")
        if b" HTTP/1.1\r\n" not in request:
            continue  # the closing boundary
        head, _, content = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, url, *_ = first.split(" ")
        headers = {name.strip().casefold(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        path = unquote(urlsplit(url).path.lstrip("/").partition("/")[2])
        keys.append(_check_entity(method, path, {}, headers, content.strip()))
    check_transaction(keys, len(body))


def _check_messages(method: str, path: str, query: Mapping[str, str], body: bytes) -> None:
    queue, _, message = path.partition("/messages")
    _insist(bool(_QUEUE.fullmatch(queue)), f"not a valid queue name: {queue!r}")
    hidden = timedelta(seconds=int(query.get("visibilitytimeout", "0")))
    _insist(timedelta(0) <= hidden <= MAX_DELAY, "a message is hidden for longer than seven days")
    _insist(1 <= int(query.get("numofmessages", "1")) <= 32, "1 to 32 messages can be fetched at a time")
    if method == "GET":
        _insist(
            "visibilitytimeout" not in query or hidden >= timedelta(seconds=1), "a message is hidden for under a second"
        )
    text = re.search(rb"<MessageText>(.*)</MessageText>", body, re.DOTALL)
    if method in ("POST", "PUT") and text:
        life = int(query.get("messagettl", "-1" if message else str(int(MAX_DELAY.total_seconds()))))
        _insist(life == -1 or life > 0, "messagettl is neither positive nor -1")
        check_message(text[1].decode(), hidden, timedelta.max if life == -1 else timedelta(seconds=life))
