"""A data set that holds every element of Table E.1-1, at the top and nested."""

import io

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

from dxclient.dicomedit.profiles.table import attributes

#: Kept sequences that hold the nested elements.
OUTER, INNER = 0x52009230, 0x00209113
PLACES = ("top", "nested", "deeper")


def tags(attribute):
    """Real tags of a row; three of each repeating group."""
    if "@" not in attribute.tag:
        return (int(attribute.tag, 16),)
    low = "0022" if "X" in attribute.tag else attribute.tag[4:]
    return tuple(int(attribute.tag[:2] + group + low, 16) for group in ("00", "02", "1E"))


def vr_of(attribute):
    return attribute.vr or "LO"


def original(tag, vr):
    """A value that is recognisable, unique where the VR allows."""
    if vr == "SQ":
        item = Dataset()
        item.add_new(0x00080104, "LO", f"ORIG {tag:08X}")
        return Sequence([item])
    fixed = {"DA": "20111213", "TM": "111213.5", "DT": "20111213111213", "AS": "077Y"}
    fixed |= {"DS": "7777", "IS": "7777", "US": 7777, "UI": f"1.2.77.{tag}"}
    if vr in ("OB", "OW", "UN"):
        return f"ORIG {tag:08X} ".encode()
    return fixed.get(vr, f"ORIG {tag:08X}")


def rows():
    """Rows of the table whose elements can stand in a data set."""
    return [row for row in attributes() if row.tag != "private" and row.tag[:4] > "0002"]


def whole():
    """The file, as bytes."""
    dataset, outer, inner = Dataset(), Dataset(), Dataset()
    for level in (dataset, outer, inner):
        for row in rows():
            for tag in tags(row):
                level.add_new(tag, vr_of(row), original(tag, vr_of(row)))
        block = level.private_block(0x0019, "ACME", create=True)
        block.add_new(1, "LO", "ORIG private")
    outer.add_new(INNER, "SQ", Sequence([inner]))
    dataset.add_new(OUTER, "SQ", Sequence([outer]))
    dataset.SOPClassUID = pydicom.uid.CTImageStorage
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.SourceApplicationEntityTitle = "ORIG AE"
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def levels(data):
    """The three levels of a file, by place."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    outer = dataset[OUTER].value[0]
    return dict(zip(PLACES, (dataset, outer, outer[INNER].value[0]), strict=True))


def plain(element):
    """A value that can be compared."""
    if element.VR == "SQ":
        return [item.get_item(0x00080104) and item[0x00080104].value for item in element.value]
    value = element.value
    return value.rstrip(b" \0") if isinstance(value, bytes) else str(value)


def expected(tag, vr):
    """What `plain` gives for an untouched element."""
    value = original(tag, vr)
    if vr == "SQ":
        return [item[0x00080104].value for item in value]
    return value.rstrip(b" \0") if isinstance(value, bytes) else str(value)
