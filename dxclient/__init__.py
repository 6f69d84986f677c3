"""dxclient: send DICOM image sessions to an XNAT server, anonymized on this machine."""

__version__ = "0.1.0"
