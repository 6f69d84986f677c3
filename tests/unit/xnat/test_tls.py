import hashlib
import shutil
import ssl
import subprocess

import pytest

from dxclient.domain.errors import CertificateUntrusted, SettingsError, XnatUnreachable
from dxclient.domain.project import Server
from dxclient.xnat import certificate_of, connect
from tests.unit.xnat.conftest import QUICK
from tests.unit.xnat.tiny import Reply, Tiny, with_login

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs the openssl command")


def make_certificate(folder, name, *options):
    key, cert, both = (folder / f"{name}.{suffix}" for suffix in ("key", "crt", "pem"))
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", str(key), "-out", str(cert), "-days", "30"]
    command += ["-subj", "/O=Synthetic Hospital/CN=Test Authority", *options]
    subprocess.run(command, check=True, capture_output=True)
    both.write_text(key.read_text() + cert.read_text())
    return both, cert


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    return make_certificate(folder, "right", "-addext", "subjectAltName=IP:127.0.0.1")


@pytest.fixture
def secure(certificate):
    server = with_login(Tiny()).start(certificate[0])
    yield server
    server.stop()


def fingerprint(cert):
    der = ssl.PEM_cert_to_DER_cert(cert.read_text())
    return hashlib.sha256(der).digest().hex(":").upper()


def test_a_self_signed_certificate_is_explained(secure, certificate):
    with pytest.raises(CertificateUntrusted, match="signed by itself") as caught:
        connect(Server(url=secure.url), "u", "p", timeouts=QUICK)
    error = caught.value
    assert error.issuer == "O=Synthetic Hospital, CN=Test Authority"
    assert error.valid_from < error.valid_until
    assert len(error.valid_from) == len("2020-01-01")
    assert error.fingerprint == fingerprint(certificate[1])
    assert not error.retryable
    assert not secure.log


def test_an_own_authority_makes_the_server_trusted(secure, certificate):
    server = Server(url=secure.url, ca_file=certificate[1])
    with connect(server, "u", "p", timeouts=QUICK) as xnat:
        assert xnat.version == "1.8.10"
        assert not xnat.insecure


def test_a_person_may_switch_the_check_off_for_one_server(secure, recwarn):
    with connect(Server(url=secure.url, verify=False), "u", "p", timeouts=QUICK) as xnat:
        assert xnat.version == "1.8.10"
        assert xnat.insecure
    with pytest.raises(CertificateUntrusted):
        connect(Server(url=secure.url), "u", "p", timeouts=QUICK)
    assert not [warning for warning in recwarn if "Unverified" in str(warning.message)]


def test_the_environment_cannot_choose_whom_to_trust(secure, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[1]))
    with pytest.raises(CertificateUntrusted):
        connect(Server(url=secure.url), "u", "p", timeouts=QUICK)


def test_a_certificate_of_another_host_is_explained(tmp_path):
    both, cert = make_certificate(tmp_path, "other", "-addext", "subjectAltName=DNS:other.example")
    server = with_login(Tiny()).start(both)
    try:
        with pytest.raises(CertificateUntrusted, match="another host name"):
            connect(Server(url=server.url, ca_file=cert), "u", "p", timeouts=QUICK)
    finally:
        server.stop()


def test_a_certificate_file_that_is_none_is_told_without_its_path(secure, tmp_path):
    nonsense = tmp_path / "secret-place.pem"
    nonsense.write_text("hello")
    with pytest.raises(SettingsError) as caught:
        connect(Server(url=secure.url, ca_file=nonsense), "u", "p", timeouts=QUICK)
    assert "secret-place" not in str(caught.value)


def test_certificate_facts_are_read_without_trusting(secure, certificate):
    facts = certificate_of(secure.url)
    assert facts.fingerprint == fingerprint(certificate[1])
    assert facts.subject == facts.issuer


def test_no_certificate_is_an_error(tmp_path):
    plain = Tiny().start()
    try:
        with pytest.raises(XnatUnreachable):
            certificate_of(plain.url.replace("http", "https"))
    finally:
        plain.stop()


def test_a_login_over_http_moves_to_https_when_the_server_says_so(secure, certificate):
    plain = Tiny().start()
    plain.replies["GET /data/auth"] = Reply(
        301, headers=(("Location", f"{secure.url}/data/auth?CSRF=true"),)
    )
    try:
        server = Server(url=plain.url, ca_file=certificate[1])
        with connect(server, "u", "p", timeouts=QUICK) as xnat:
            assert xnat.server.url == secure.url
        assert len(plain.log) == 1
    finally:
        plain.stop()
