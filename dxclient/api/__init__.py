"""The façade that plugins import; everything else may move.

Entry-point group ``dxclient.plugins`` is major version 1 of this API.
"""

from dxclient.domain.contributions import Command, Panel, Ref, Step
from dxclient.domain.dicom import DicomFile, ImageSession, LeftOut, Reason, Scan
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import (
    AnonymizationError,
    DxError,
    PluginError,
    SettingsError,
    XnatError,
)
from dxclient.domain.findings import Finding, Severity, Verdict
from dxclient.domain.forms import Field, FieldKind, Form
from dxclient.domain.jobs import JobState, PackedPart, Receipt, UploadJob, UploadTarget
from dxclient.domain.labels import clean_label, label_problem, same_label
from dxclient.domain.plan import AnonymizationPlan, Variable
from dxclient.domain.preferences import Scope, SettingField, SettingLayer, SettingsView, Value
from dxclient.domain.project import (
    Destination,
    Origin,
    PetTracer,
    Place,
    Project,
    ProjectContents,
    ProjectSettings,
    ScriptSource,
    SeriesFilter,
    Server,
    Sourced,
    Subject,
    TakenLabel,
)
from dxclient.domain.protocols import (
    AnonymizationStep,
    AppInfo,
    Authenticator,
    BatchReceiptWriter,
    CredentialStore,
    DateVerification,
    DicomEditFunction,
    LabelingScheme,
    LabelKind,
    ReceiptWriter,
    Redaction,
    SettingsProvider,
    WritableSettings,
)
from dxclient.hookspecs.markers import hookimpl

#: Version of this API: additions raise the second number, breaks the first.
API_VERSION = (1, 0)

__all__ = [
    "API_VERSION",
    "AnonymizationError",
    "AnonymizationPlan",
    "AnonymizationStep",
    "AppInfo",
    "Authenticator",
    "BatchReceiptWriter",
    "Command",
    "CredentialStore",
    "DateVerification",
    "Destination",
    "DicomEditFunction",
    "DicomFile",
    "DxError",
    "Field",
    "FieldKind",
    "Finding",
    "Form",
    "ImageSession",
    "JobState",
    "LabelKind",
    "LabelingScheme",
    "LeftOut",
    "Origin",
    "PackedPart",
    "Panel",
    "PetTracer",
    "Place",
    "PluginError",
    "Project",
    "ProjectContents",
    "ProjectSettings",
    "Reason",
    "Receipt",
    "ReceiptWriter",
    "Redaction",
    "Ref",
    "Scan",
    "Scope",
    "ScriptSource",
    "SeriesFilter",
    "Server",
    "SettingField",
    "SettingLayer",
    "SettingsError",
    "SettingsProvider",
    "SettingsView",
    "Severity",
    "Sourced",
    "Step",
    "Subject",
    "TakenLabel",
    "UploadDraft",
    "UploadJob",
    "UploadTarget",
    "Value",
    "Variable",
    "Verdict",
    "WritableSettings",
    "XnatError",
    "clean_label",
    "hookimpl",
    "label_problem",
    "same_label",
]
