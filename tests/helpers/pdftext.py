"""Reading the text of our own PDFs back: enough to test them, no more."""

import base64
import re
import zlib


def streams(data):
    """The contents of all streams, unpacked."""
    for found in re.finditer(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        content = found[1].strip()
        try:
            if content.endswith(b"~>"):
                content = base64.a85decode(content[:-2])
            yield zlib.decompress(content)
        except (ValueError, zlib.error):
            continue


def _maps(data):
    """Code of a subset font → character, for each /ToUnicode map, in order."""
    for stream in streams(data):
        if b"beginbfchar" in stream or b"beginbfrange" in stream:
            pairs = re.findall(rb"<([0-9A-Fa-f]{2})> <([0-9A-Fa-f]{4,})>", stream)
            ranges = re.search(rb"<00> <([0-9A-Fa-f]{2})> \[(.*?)\]", stream, re.DOTALL)
            table = {int(code, 16): int(point, 16) for code, point in pairs}
            if ranges:
                points = re.findall(rb"<([0-9A-Fa-f]+)>", ranges[2])
                table = {code: int(point, 16) for code, point in enumerate(points)}
            yield table


def _unescape(text):
    text = re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), text)
    return re.sub(rb"\\(.)", rb"\1", text)


def pdf_text(data):
    """All words of a PDF of ours, in the order of drawing."""
    maps = list(_maps(data))
    words = []
    for stream in streams(data):
        current = maps[0] if maps else {}
        for font, text in re.findall(
            rb"/(F\d+(?:\+\d+)?) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj", stream, re.DOTALL
        ):
            if font:
                _, _, number = font.partition(b"+")
                current = maps[int(number)] if number and int(number) < len(maps) else {}
            else:
                words.append("".join(chr(current.get(one, one)) for one in _unescape(text)))
    return " ".join(words)
