"""The upload of one image session, step by step."""

from dxclient.ui.upload.view import UploadView

__all__ = ["UploadView"]
