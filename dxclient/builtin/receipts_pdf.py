"""Receipts as PDF, for filing and printing: the same bytes for the same receipts."""

from __future__ import annotations

import io
import time
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from dxclient.api import Receipt
from dxclient.transfer.receipts_tables import (
    Table,
    facts,
    newest,
    overview,
    tables,
    title_of,
    title_of_many,
    verdict,
)

if TYPE_CHECKING:
    from reportlab.pdfbase.ttfonts import TTFont

_FONT = "dxclient-DejaVuSans"
_MARGIN = 54.0  # points: three quarters of an inch
_WIDTH = 595.28 - 2 * _MARGIN  # of A4
_SMALL, _BODY, _BIG = 7.5, 9.0, 16.0
#: Directions of writing that would have to be turned round; letters that join, too.
_RIGHT_TO_LEFT = ("R", "AL")
_NOTE = (
    "Characters that the font of this page lacks, or that are written from right to left, are "
    "shown by their numbers in Unicode, such as [U+4E2D]. The receipts as page, JSON and CSV show "
    "them as they are."
)


def to_pdf(receipt: Receipt) -> bytes:
    """Write a receipt as PDF."""
    return many_to_pdf([receipt])


def many_to_pdf(receipts: Sequence[Receipt]) -> bytes:
    """Write receipts as one PDF; several begin with an overview, each on a page of its own.

    The date of the document is the end of the last upload, so that the same receipts give the
    same bytes.
    """
    paper = _Paper()
    title = title_of(receipts[0]) if len(receipts) == 1 else title_of_many(receipts)
    if len(receipts) != 1:
        paper.heading(title)
        paper.table(overview(receipts))
    for receipt in receipts:
        if len(receipts) != 1:
            paper.new_page()
        _receipt(paper, receipt)
    return paper.finish(title, newest(receipts))


def _receipt(paper: _Paper, receipt: Receipt) -> None:
    paper.heading(title_of(receipt))
    paper.verdict(verdict(receipt), good=receipt.confirmed)
    paper.facts(facts(receipt))
    for table in tables(receipt):
        paper.table(table)


class _Paper:
    """Gathers what is to be printed."""

    def __init__(self) -> None:
        # Only here, as only few need a PDF: reportlab takes a moment to load.
        from reportlab.lib import colors
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.platypus import PageBreak, Paragraph, Spacer
        from reportlab.platypus import Table as Grid

        self._glyphs = frozenset(_font().face.charToGlyph)
        self._colors, self._grid, self._space = colors, Grid, partial(Spacer, 1)
        self._paragraph: Callable[..., Any] = Paragraph
        self._page_break: Callable[[], Any] = PageBreak
        self._style = partial(ParagraphStyle, fontName=_FONT, splitLongWords=1)
        self._story: list[Any] = []
        self._replaced = False

    def heading(self, text: str) -> None:
        """The title of a receipt."""
        self._story += [self._text(text, _BIG), self._space(8)]

    def new_page(self) -> None:
        """What follows begins on a new page."""
        self._story.append(self._page_break())

    def verdict(self, text: str, *, good: bool) -> None:
        """Say whether all arrived, beside a bar of green or red."""
        colour = self._colors.HexColor("#1a7f37" if good else "#b42318")
        grid = self._grid([[self._text(text, 11)]], colWidths=[_WIDTH])
        grid.setStyle(
            [("LINEBEFORE", (0, 0), (0, -1), 4, colour), ("LEFTPADDING", (0, 0), (-1, -1), 10)]
        )
        self._story += [grid, self._space(8)]

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and values."""
        cells = [[self._text(name, _BODY, grey=True), self._text(value)] for name, value in rows]
        self._add(cells, [_WIDTH * 0.24, _WIDTH * 0.76], heads=0)

    def table(self, table: Table) -> None:
        """A table under its title; its heads are repeated on each page."""
        self._story += [self._space(10), self._text(table.title, 12), self._space(2)]
        first = table.rows[0] if table.rows else table.heads
        heads = [
            self._text(name, _SMALL, grey=True, right=isinstance(value, int))
            for name, value in zip(table.heads, first, strict=True)
        ]
        cells = [
            [self._cell(value, place in table.hashes) for place, value in enumerate(row)]
            for row in table.rows
        ]
        self._add([heads, *cells], _widths(table), heads=1)

    def _add(self, cells: list[list[Any]], widths: list[float], heads: int) -> None:
        line = self._colors.HexColor("#d5d9de")
        grid = self._grid(cells, colWidths=widths, repeatRows=heads, splitInRow=1)
        grid.setStyle(
            [
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, line),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ]
        )
        self._story.append(grid)

    def _cell(self, value: str | int, digest: bool) -> Any:
        if isinstance(value, int):
            return self._text(f"{value:,}", right=True)
        return self._text(value, 6.5 if digest else _BODY)

    def _text(
        self, text: str, size: float = _BODY, *, grey: bool = False, right: bool = False
    ) -> Any:
        style = self._style(
            f"{size} {grey} {right}",
            fontSize=size,
            leading=size * 1.35,
            textColor=self._colors.HexColor("#57606a" if grey else "#1b1f24"),
            alignment=2 if right else 0,
        )
        shown = "".join(map(self._shown, unicodedata.normalize("NFC", text)))
        # Angle brackets and ampersands would be commands to the paragraph.
        shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return self._paragraph(shown, style)

    def _shown(self, letter: str) -> str:
        """A letter that the page can show; else its number."""
        if letter.isspace():
            return " "
        known = ord(letter) in self._glyphs and letter.isprintable()
        if known and unicodedata.bidirectional(letter) not in _RIGHT_TO_LEFT:
            return letter
        self._replaced = True
        return f"[U+{ord(letter):04X}]"

    def finish(self, title: str, moment: float) -> bytes:
        """Set the pages."""
        from reportlab.pdfgen.canvas import Canvas
        from reportlab.platypus import SimpleDocTemplate

        if self._replaced:
            self._story += [self._space(14), self._text(_NOTE, _SMALL, grey=True)]
        out = io.BytesIO()
        document = SimpleDocTemplate(
            out,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=_MARGIN,
            bottomMargin=_MARGIN,
            title=title,
            author="",
            creator="dxclient",
            lang="en",
        )
        document.build(
            self._story,
            onFirstPage=_foot,
            onLaterPages=_foot,
            canvasmaker=partial(_dated, Canvas, moment),
        )
        return out.getvalue()


def _dated(kind: Callable[..., Any], moment: float, *given: Any, **named: Any) -> Any:
    """Make a canvas whose document has a fixed date and an id that follows from its content."""
    canvas = kind(*given, **{**named, "invariant": 1})
    then = tuple(time.gmtime(moment))
    # reportlab knows one fixed date only, or one from the environment of the whole process.
    stamp = canvas._doc._timeStamp
    stamp.t, stamp.lt, stamp.YMDhms = moment, then, then[:6]
    return canvas


def _foot(canvas: Any, _document: object) -> None:
    canvas.saveState()
    canvas.setFont(_FONT, _SMALL)
    canvas.setFillGray(0.35)
    canvas.drawRightString(_MARGIN + _WIDTH, _MARGIN / 2, f"Page {canvas.getPageNumber()}")
    canvas.restoreState()


def _font() -> TTFont:
    """Register the font that is embedded, in so far as it is used."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    if _FONT not in pdfmetrics.getRegisteredFontNames():
        data = files("dxclient.builtin").joinpath("fonts/DejaVuSans.ttf").read_bytes()
        pdfmetrics.registerFont(TTFont(_FONT, io.BytesIO(data)))
    font: TTFont = pdfmetrics.getFont(_FONT)
    return font


def _widths(table: Table) -> list[float]:
    """Share the width by what the columns hold: digests most, numbers least."""
    weights = [_weight(table, place) for place in range(len(table.heads))]
    return [_WIDTH * weight / sum(weights) for weight in weights]


def _weight(table: Table, place: int) -> float:
    if place in table.hashes:
        return 38.0
    longest = max((len(f"{row[place]:,}" if isinstance(row[place], int) else str(row[place]))
                   for row in table.rows), default=0)  # fmt: skip
    return float(min(40, max(8, longest, len(table.heads[place]))))
