# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import InputError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._urls import (
    check_client_id_url,
    check_domain,
    check_mcp_server_url,
    derive,
)
from emulator.management import cimd


@pytest.mark.parametrize(
    "domain", ["tenant.eu.auth0.com", "127.0.0.1:8443", "localhost", "login.example.com", "[::1]:9"]
)
def test_good_domains(domain: str) -> None:
    assert check_domain(domain) == domain


@pytest.mark.parametrize(
    ("domain", "fault", "corrected"),
    [
        ("https://tenant.auth0.com", "the scheme 'https'", "tenant.auth0.com"),
        ("https://tenant.auth0.com:8443/", "the scheme 'https' and a trailing slash", "tenant.auth0.com:8443"),
        ("tenant.auth0.com/", "a trailing slash", "tenant.auth0.com"),
        ("https://tenant.auth0.com/api/v2/", "the scheme 'https' and a path", "tenant.auth0.com"),
        ("user:pass@tenant.auth0.com", "user information", "tenant.auth0.com"),
        ("tenant.auth0.com?x=1", "a query or fragment", "tenant.auth0.com"),
        (" tenant.auth0.com", "white space around it", "tenant.auth0.com"),
        ("Tenant.auth0.com", "capital or non-ASCII letters", "tenant.auth0.com"),
    ],
)
def test_domains_that_have_a_correction(domain: str, fault: str, corrected: str) -> None:
    with pytest.raises(InputError, match="must be a bare host") as error:
        check_domain(domain)
    assert f"domain has {fault}. " in str(error.value)
    assert str(error.value).endswith(f"use '{corrected}'.")
    assert "pass" not in str(error.value)
    assert check_domain(corrected) == corrected


@pytest.mark.parametrize(
    "domain", ["", "http://", "two words", "tenant.auth0.com:port", "[::1", "u:pass@", "a..b", "-a.b"]
)
def test_domains_beyond_repair(domain: str) -> None:
    with pytest.raises(InputError, match=r"^the_option ") as error:
        check_domain(domain, "the_option")
    assert "pass" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://mcp.example.com/mcp",
        "https://mcp.example.com",
        "https://mcp.example.com:8443/a/b%20c",
        "http://127.0.0.1:20080/mcp",
        "http://localhost/mcp",
        "http://[::1]:9/mcp",
    ],
)
def test_good_urls(url: str) -> None:
    assert check_mcp_server_url(url) == url


@pytest.mark.parametrize(
    ("url", "fault", "corrected"),
    [
        ("https://mcp.example.com/mcp/", "a trailing slash", "https://mcp.example.com/mcp"),
        ("https://mcp.example.com/", "a trailing slash", "https://mcp.example.com"),
        ("https://mcp.example.com/mcp?x=1", "a query or fragment", "https://mcp.example.com/mcp"),
        ("https://mcp.example.com/mcp#x", "a query or fragment", "https://mcp.example.com/mcp"),
        ("https://mcp.example.com/mcp?", "a query or fragment", "https://mcp.example.com/mcp"),
        ("https://user:pass@mcp.example.com/mcp", "user information", "https://mcp.example.com/mcp"),
        ("http://mcp.example.com/mcp", "plain http on a host that is not loopback", "https://mcp.example.com/mcp"),
        ("mcp.example.com/mcp", "no scheme", "https://mcp.example.com/mcp"),
        ("https://mcp.example.com:443/mcp", "the default port", "https://mcp.example.com/mcp"),
        ("HTTPS://MCP.example.com/mcp", "capital or non-ASCII letters", "https://mcp.example.com/mcp"),
        ("https://mcp.example.com/a/../mcp", "a path that clients would rewrite", "https://mcp.example.com/mcp"),
        ("https://b\u00fccher.example/\u00e9", "capital or non-ASCII", "https://xn--bcher-kva.example/%C3%A9"),
    ],
)
def test_urls_that_have_a_correction(url: str, fault: str, corrected: str) -> None:
    with pytest.raises(InputError, match="letter by letter") as error:
        check_mcp_server_url(url)
    assert fault in str(error.value)
    assert str(error.value).endswith(f"use '{corrected}'.")
    assert "pass" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["", "ftp://mcp.example.com/mcp", "https://", "https://u:pass@two words/", "mailto:a@b"]
)
def test_urls_beyond_repair(url: str) -> None:
    with pytest.raises(InputError, match=r"^mcp_server_url ") as error:
        check_mcp_server_url(url)
    assert "pass" not in str(error.value)


@given(st.text(alphabet="htps:/@.?#[]%a1A -\u00e9", max_size=24))
def test_every_correction_is_right(url: str) -> None:
    for function in (check_mcp_server_url, check_domain):
        try:
            assert function(url) == url
        except InputError as error:
            message = str(error)
            if "use '" in message:
                corrected = message.rpartition("use '")[2].removesuffix("'.")
                assert function(corrected) == corrected


def test_the_strings_are_derived() -> None:
    strings = derive("tenant.eu.auth0.com", "https://mcp.example.com/mcp")
    assert strings.audience == "https://mcp.example.com/mcp"
    assert strings.issuer == "https://tenant.eu.auth0.com/"
    assert strings.issuer_domain == "tenant.eu.auth0.com"
    with pytest.raises(InputError, match="issuer_domain has a trailing slash"):
        derive("tenant.eu.auth0.com/", "https://mcp.example.com/mcp")


@pytest.mark.parametrize(
    "url",
    [
        "https://client.example.com/client.json",
        "https://client.example.com:8443/a/b%20c",
        "https://127.0.0.1:4711/documents/client.json",
    ],
)
def test_a_client_id_url(url: str) -> None:
    assert check_client_id_url(url) == url


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://client.example.com/client.json", "no https scheme"),
        ("client.example.com/client.json", "no https scheme"),
        ("https://client.example.com", "no path"),
        ("https://client.example.com/", "no path"),
        ("https://localhost/client.json", "localhost as its host"),
        ("https://user:hush@client.example.com/client.json", "user information"),
        ("https://client.example.com:0/client.json", "port 0"),
        ("https://client.example.com/a/../client.json", "dot segments"),
        ("https://client.example.com/a/%2e%2E/client.json", "dot segments"),
        ("https://client.example.com/100%/client.json", "a percent sign that encodes nothing"),
        ("https://client.example.com/\u00e9/client.json", "letters that are not ASCII"),
        ("https://b\u00fccher.example/client.json", "letters that are not ASCII"),
        ("https://client.example.com/client.json?a=b", "a query or fragment"),
        ("https://client.example.com/client.json#", "a query or fragment"),
        (f"https://client.example.com/{'a' * 100}", "more than 120 bytes"),
    ],
)
def test_no_client_id_url(url: str, fault: str) -> None:
    with pytest.raises(InputError, match=fault) as caught:
        check_client_id_url(url)
    assert "hush" not in str(caught.value)


client_id_urls = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["https://", "https://", "https://", "http://", "HTTPS://", "https:/", "//", ""]),
    st.sampled_from(["", "", "", "user@", "user:secret@", "@"]),
    st.sampled_from(
        ["a.example", "127.0.0.1", "[::1]", "localhost", "LOCALHOST", "a_b.example", "\u00e9.example", "a b", ""]
    ),
    st.sampled_from(["", "", ":8443", ":0", ":", ":port", ":99999"]),
    st.text("/ab.%2eE0\u00e9\\ ", max_size=12).map(lambda path: f"/{path}" if path else ""),
    st.sampled_from(["", "", "?", "?a=b", "#", "#a"]),
)


@given(client_id_urls)
def test_what_passes_here_passes_there(url: str) -> None:
    """Nothing that we let through is refused by the emulator, which has the rules in code of its own."""
    try:
        passed = check_client_id_url(url)
    except InputError:
        return
    assert passed == url
    cimd._check_url(url)
