"""From prepared text to statements and all problems on the way.

The parser is fed token by token. Where a token cannot stand, what was probably meant is put in
its place if that is sure; otherwise the statement is dropped up to the end of its line. Braces
are counted on, so that one slip in the head of an if is one problem and not three.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from lark import Token
from lark.exceptions import UnexpectedToken

from dxclient.dicomedit import tree
from dxclient.dicomedit.advice import advise
from dxclient.dicomedit.lexer import Notes, tokens
from dxclient.dicomedit.parser import item_states, parser_state
from dxclient.dicomedit.preparation import Prepared
from dxclient.dicomedit.repairs import repaired
from dxclient.dicomedit.slips import Slip
from dxclient.domain.problems import Problem

#: Brackets and blocks inside each other; nobody writes more than a handful.
DEEPEST = 64
#: Tokens after slips; a text of which more must be left out is no script.
MOST_LEFT_OUT = 20_000
#: Digits of an item number. To assign in an item creates those before it.
LONGEST_ITEM = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a text; the statements are whole when there are no problems."""

    statements: tuple[tree.Statement, ...]
    notes: Notes


def read(prepared: Prepared, functions: Collection[str] = ()) -> Reading:
    """Read a text.

    Parameters
    ----------
    functions : collection of str
        Names of known functions, for advice.
    """
    reader = _Reader(prepared, functions)
    return Reading(reader.read(), reader.notes)


@dataclass(slots=True)
class _Block:
    """A brace that opens a block; a ghost is one of a statement that could not be read."""

    token: Token
    ghost: bool


@dataclass(slots=True)
class _Skip:
    """What is left out after a slip: up to the end of the line, and of lists that are open.

    Parameters
    ----------
    head : bool
        The slip is in the head of an if, so that a brace opens a block and no list.
    braces : list of Token
        Open braces of the line.
    line : list of Token
        Tokens of a line in an open list; it may turn out that the list was never closed.
    """

    head: bool = False
    lists: int = 0
    braces: list[Token] = field(default_factory=list)
    line: list[Token] | None = None


class _Reader:
    """One way through the tokens of a text."""

    def __init__(self, prepared: Prepared, functions: Collection[str]) -> None:
        self.notes = Notes()
        self._prepared = prepared
        self._functions = functions
        self._state = parser_state()
        self._items = item_states()
        self._blocks: list[_Block] = []
        self._open: list[Token] = []
        self._statement: list[Token] = []
        self._before: Token | None = None
        self._skip: _Skip | None = None
        self._after_ghost = False
        self._deep = False
        self._left_out = 0

    def read(self) -> tuple[tree.Statement, ...]:
        for token in tokens(self._prepared, self.notes):
            self._take(token)
            if self._deep or self.notes.full or self._left_out > MOST_LEFT_OUT:
                return ()
        return self._finish()

    def _take(self, token: Token) -> None:
        if self._after_ghost:
            self._after_ghost = False
            if token.type in ("ELSE", "ELSEIF"):
                self._skip = _Skip(head=True)
        if self._skip is not None:
            self._skipping(self._skip, token)
        else:
            self._feed(token)

    def _feed(self, token: Token) -> None:
        if token.type == "RBRACE" and self._closes_ghost():
            return
        try:
            self._shift(token)
        except UnexpectedToken as error:
            self._slip(token, error.expected)

    def _shift(self, token: Token) -> None:
        """Give a token to the parser, and keep count of brackets and statements."""
        state = self._state
        state.feed_token(token)
        kind = token.type
        if kind == "INTEGER" and (token.startswith("-") or len(token) > LONGEST_ITEM):
            self._check_item(token)
        if state.state_stack[-2] in self._items:
            if self._statement:
                self._before = self._statement[-1]
            self._statement = [token]
        else:
            self._statement.append(token)
        if kind in _OPENING:
            self._opened(token)
        elif kind in _CLOSING:
            if kind == "RBRACE" and not self._open:
                self._blocks.pop()
            else:
                self._open.pop()

    def _check_item(self, token: Token) -> None:
        kinds = [one.type for one in self._statement[-2:]]
        if kinds == ["TAG", "LSQB"]:
            if token.startswith("-"):
                self._note(token, "Items are counted from 0.")
            else:
                self._note(
                    token, "No sequence has so many items; a number has five digits at most."
                )

    def _opened(self, token: Token) -> None:
        heads = ("RPAR", "ELSE")
        before = self._statement[-2].type if len(self._statement) > 1 else ""
        if token.type == "LBRACE" and before in heads:
            self._blocks.append(_Block(token, ghost=False))
        else:
            self._open.append(token)
        self._limit(token)

    def _limit(self, token: Token) -> None:
        if len(self._open) + len(self._blocks) > DEEPEST:
            self._deep = True
            self._note(token, "The script is nested too deeply; use fewer brackets in brackets.")

    def _slip(self, token: Token, expected: Collection[str]) -> None:
        read = self._statement
        if read and read[0].type == "NEWLINE":
            read = []
        slip = Slip(self._prepared, read, token, self._before, self._open, expected)
        better = None if self._torn(token) else repaired(slip, self._functions)
        if better is not None:
            self._report(better.problem)
            if self._again(better.tokens):
                return
        elif not self._torn(token):
            self._report(advise(slip, self._functions, self.notes))
        self._recover(token)

    def _torn(self, token: Token) -> bool:
        lines = {token.line, *(one.line for one in self._statement[-40:])}
        return not lines.isdisjoint(self.notes.torn)

    def _report(self, problem: Problem) -> None:
        self.notes.problems.append(problem)

    def _note(self, token: Token, sentence: str) -> None:
        self._report(Problem(token.line or 0, token.column or 0, str(token), sentence))

    def _again(self, better: list[Token]) -> bool:
        """Read a mended statement; whether that went well."""
        self._drop()
        try:
            for token in better:
                self._shift(token)
        except UnexpectedToken:
            return False
        return True

    def _drop(self) -> None:
        """Forget the statement that is being read."""
        state = self._state
        while state.state_stack[-1] not in self._items:
            state.state_stack.pop()
            state.value_stack.pop()
        self._open.clear()
        self._statement = []

    def _end_statement(self) -> None:
        """Keep the statement before a slip if it is complete, else forget it."""
        state = self._state
        try:
            state.feed_token(Token("NEWLINE", "\n"))
        except UnexpectedToken:
            self._drop()
            return
        if state.state_stack[-2] not in self._items:
            self._drop()
        self._open.clear()
        self._statement = []

    def _recover(self, token: Token) -> None:
        lists = sum(one.type == "LBRACE" for one in self._open)
        first = bool(self._statement) and self._statement[-1].type == "NEWLINE"
        head = any(one.type in _HEADS for one in (*self._statement[:2], token))
        self._end_statement()
        if token.type == "RBRACE" and not lists:
            self._close(token)
        elif lists and first and token.type in _KEYWORDS:
            # A statement starts: the list was never closed.
            self._feed(token)
        elif token.type not in ("NEWLINE", "$END") or lists:
            self._skip = _Skip(head=head, lists=lists)
            self._skipping(self._skip, token)

    def _skipping(self, skip: _Skip, token: Token) -> None:
        kind = token.type
        self._left_out += 1
        if kind == "NEWLINE":
            self._end_of_skipped_line(skip)
        elif skip.line is not None:
            skip.line.append(token)
        elif kind == "LBRACE":
            skip.braces.append(token)
        elif kind == "RBRACE" and skip.braces:
            skip.braces.pop()
        elif kind == "RBRACE" and skip.lists:
            skip.lists -= 1
        elif kind == "RBRACE":
            self._skip = None
            self._close(token)

    def _close(self, brace: Token) -> None:
        """Close a block after a slip; a brace without one is left out."""
        if self._blocks:
            self._feed(brace)

    def _end_of_skipped_line(self, skip: _Skip) -> None:
        if skip.line is not None and self._resumed(skip.line):
            return
        if skip.head:
            for brace in skip.braces:
                self._blocks.append(_Block(brace, ghost=True))
                self._limit(brace)
        else:
            skip.lists += len(skip.braces)
        skip.braces.clear()
        skip.head = False
        skip.line = []
        if not skip.lists:
            self._skip = None

    def _resumed(self, line: list[Token]) -> bool:
        """Whether a line in an open list is a statement, so that the list was never closed."""
        skip, self._skip = self._skip, None
        if _is_statement(line):
            for token in line:
                self._take(token)
            self._take(Token.new_borrow_pos("NEWLINE", "\n", line[-1]))
            return True
        assert skip is not None
        for token in line:
            if token.type == "LBRACE":
                skip.lists += 1
            elif token.type == "RBRACE":
                skip.lists = max(0, skip.lists - 1)
        self._skip = skip
        return False

    def _closes_ghost(self) -> bool:
        """Whether a closing brace belongs to a block whose head could not be read."""
        if not self._blocks or not self._blocks[-1].ghost or self._open:
            return False
        self._end_statement()
        self._blocks.pop()
        self._after_ghost = True
        return True

    def _finish(self) -> tuple[tree.Statement, ...]:
        end = self._end()
        self._take(end)
        if self._skip is None and self._open:
            self._slip(end, ())
        self._skip = None
        for block in self._blocks:
            if not block.ghost and not self.notes.problems:
                self._note(block.token, "This { is never closed; write } after its statements.")
        self._close_blocks()
        return tuple(self._state.feed_token(Token.new_borrow_pos("$END", "", end), True))

    def _close_blocks(self) -> None:
        self._end_statement()
        for block in self._blocks:
            if not block.ghost:
                self._state.feed_token(Token("RBRACE", "}"))
                self._end_statement()

    def _end(self) -> Token:
        """A line end after the last line, which need not have one."""
        size = len(self._prepared.text)
        place = self._prepared.place(size)
        return Token("NEWLINE", "", size, place.line, place.column, end_pos=size)


_OPENING = frozenset({"LPAR", "LSQB", "LBRACE"})
_CLOSING = frozenset({"RPAR", "RSQB", "RBRACE"})
_HEADS = frozenset({"IF", "ELSEIF", "ELSE"})


_KEYWORDS = _HEADS | {"DESCRIBE", "EXPORT", "VERSION", "REMOVE_PRIVATE", "MINUS", "ECHO"}


def _is_statement(line: list[Token]) -> bool:
    """Whether a line can be no part of a list."""
    if not line:
        return False
    signs = ("ASSIGN", "ASSIGN_EXISTING", "QUESTION")
    return line[0].type in _KEYWORDS or any(token.type in signs for token in line)
