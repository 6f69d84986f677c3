"""Where shared reference data lies, and skipping where it does not."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2].parent / "shared"
DATA = SHARED / "data"

needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the shared DICOM collection (../shared/data) is not here"
)
