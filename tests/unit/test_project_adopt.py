# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A plugin and a policy that somebody wrote by hand: corrected in their place, and restored to the byte."""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._access.description import Description
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.project import project_findings, read_project
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.server import Issuer
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ProjectError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._urls import derive
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.choice import Wanted
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.configuration import Environment
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import absent, present
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.ledger import (
    Ledger,
    read_ledger,
    write_helper,
)
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.project import HELPER, POLICIES, RUNTIME, Files
from tests.unit.zuplo_project import STRINGS, elsewhere, mcp, policy, routes, tool

WANTED = Wanted(STRINGS)
NAMED = Wanted(STRINGS, resource_name="Ours")
TELLING = Wanted(STRINGS, scopes_supported=["read", "it's"])
OF_VARIABLE = Wanted(STRINGS, Environment(issuer_domain="DOMAIN"))
BARE, SLASHED = STRINGS.issuer[:-1], STRINGS.issuer
THEIRS = "orders-auth"
IMPORT = 'import { OAuthProtectedResourcePlugin, RuntimeExtensions } from "@zuplo/runtime";\n'


def project(source: str, **options: t.Any) -> dict[str, str]:
    """With a policy of another name before the MCP route, whose options are these instead of those that are wanted."""
    theirs = policy(THEIRS)
    theirs["handler"]["options"].update(options)
    return {
        POLICIES: json.dumps({"policies": [{"name": "first"}, theirs]}, indent=4),
        "config/routes.oas.json": routes(hello={"get": tool()}, mcp={"post": mcp({"inbound": [THEIRS]})}),
        RUNTIME: source,
    }


def check(files: Files) -> dict[str, str]:
    issuer = Issuer(STRINGS.issuer_domain, "issuer_domain")
    found = project_findings(read_project(files, STRINGS.audience, issuer), STRINGS.audience, issuer, Description())
    return {one.name.removeprefix("project_"): one.status for one in found}


def adopt(files: dict[str, str], wanted: Wanted = WANTED) -> dict[str, str]:
    """The project after `present`, which is done once and can be undone; absent is done for the only policy."""
    first = dict(present(files, wanted).files)
    assert present(first, wanted).files == first
    assert absent(first).files == files
    # Version control may change the line ends, and that is still what was written.
    windows = {path: text.replace("\r\n", "\n").replace("\n", "\r\n") for path, text in first.items()}
    assert present(windows, wanted).files == windows
    assert {path: text.replace("\r\n", "\n") for path, text in absent(windows).files.items()} == {
        path: text.replace("\r\n", "\n") for path, text in files.items()
    }
    return first


def runtime(body: str, imports: str = IMPORT) -> str:
    return f"{imports}\nexport function runtimeInit(runtime: RuntimeExtensions) {{\n{body}\n}}\n"


def plugin(argument: str) -> str:
    return runtime(f"  runtime.addPlugin(new OAuthProtectedResourcePlugin({argument}));")


# -- the plugin: layouts that differ in all but the text of the issuer ------------------------------------------------

LAYOUTS = {
    "one line": plugin(f'{{ authorizationServers: ["{BARE}"], resourceName: "Orders" }}'),
    "several lines": runtime(
        f"""\
  runtime.addPlugin(
    new OAuthProtectedResourcePlugin({{
      // Where users log in.
      authorizationServers: [
        "{BARE}", // without an organization
      ],
      resourceName: "Orders", /* for clients */
    }}),
  );""",
        'import {\n  RuntimeExtensions,\n  OAuthProtectedResourcePlugin,\n} from "@zuplo/runtime";\n',
    ),
    "single quotes, no semicolons": f"""\
import {{ OAuthProtectedResourcePlugin }} from '@zuplo/runtime'
export const runtimeInit = (runtime) => {{
  runtime.addPlugin(new OAuthProtectedResourcePlugin({{ resourceName: 'Orders', authorizationServers: ['{BARE}'] }}))
}}
""",
    "CRLF": plugin(f'{{\n    "authorizationServers": ["{BARE}"],\n  }}').replace("\n", "\r\n"),
    "tabs, byte order mark": "\ufeff" + plugin(f"{{\n\t\t'authorizationServers' : [ `{BARE}` ]\n\t}}"),
    "default export": f"""\
import {{ OAuthProtectedResourcePlugin as Metadata, type RuntimeExtensions }} from "@zuplo/runtime";
const metadata = new Metadata ({{ authorizationServers: ["{BARE}",], }},);
export default function runtimeInit(runtime: RuntimeExtensions) {{ runtime.addPlugin(metadata); }}
""",
    "a module as a whole": f"""\
import * as zuplo from "@zuplo/runtime";
export async function runtimeInit(runtime: zuplo.RuntimeExtensions): Promise<void> {{
  if (zuplo.environment.MODE !== "off") {{
    runtime.addPlugin(new zuplo.OAuthProtectedResourcePlugin({{ authorizationServers: ["{BARE}"] }}));
  }}
}}
""",
    "among other plugins": runtime(
        f"""\
  // new OAuthProtectedResourcePlugin({{ authorizationServers: ["https://comment.example"] }})
  runtime.addPlugin(new AuditPlugin({{ authorizationServers: ["https://other.example"], url: `a${{1 / 2}}b` }}));
  runtime.addPlugin(new OAuthProtectedResourcePlugin({{
    scopesSupported, bearerMethodsSupported: pick(["header"], {{ a: 1 }}), 'resourceName': `Orders ${{[1, 2]}}`,
    authorizationServers: ["{BARE}"], more: (a, b) => [a, b],
  }}));
  runtime.addRequestHook((request) => request);""",
        IMPORT + 'import { AuditPlugin } from "./audit";\nconst scopesSupported = ["orders:read"];\n',
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_issuer_is_corrected_where_it_stands(layout: str) -> None:
    files = project(LAYOUTS[layout])
    after = adopt(files)
    assert after == {
        **files,
        RUNTIME: files[RUNTIME].replace(BARE, SLASHED),
        HELPER: after[HELPER],
    }
    assert after[HELPER].endswith("\n\nexport {};\n")
    assert check(after)["plugin"] == ("skip" if layout == "among other plugins" else "pass")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_right_stays(layout: str) -> None:
    files = project(LAYOUTS[layout].replace(BARE, SLASHED))
    assert present(files, WANTED).files == files
    assert absent(files).files == files


@pytest.mark.parametrize("layout", [one for one in LAYOUTS if one != "a module as a whole"])
def test_a_variable_that_the_user_names(layout: str) -> None:
    source = LAYOUTS[layout]
    quoted = source[source.rindex(BARE) - 1 : source.rindex(BARE) + len(BARE) + 1]
    after = adopt(project(source), OF_VARIABLE)[RUNTIME]
    start, end = source.split(quoted)
    assert after.endswith("`https://${environment.DOMAIN}/`" + end)
    gap = "\n  " if "{\n" in start.split("from")[0] else " "
    assert after.startswith(start.replace("import {", f"import {{{gap}environment,", 1))


# -- any formatting ---------------------------------------------------------------------------------------------------

GAP = st.sampled_from(["", " ", "\n", "\r\n", "\n\t", "  ", "/* , */", " // }\n", "\n\n    ", "/* { `${ */ "])
VALUE = st.sampled_from(
    ["1", "f(a, b)", "[1, [2]]", "{ authorizationServers: 'no' }", "`a${b}c${`${d}`}e`", "/[,}]/", "(a) => ({ a })"]
)


@st.composite
def registrations(draw: st.DrawFn) -> str:
    """What gives the class an object with the issuer, in some formatting."""
    quote = draw(st.sampled_from("\"'`"))
    keys = ["authorizationServers", *draw(st.lists(st.sampled_from("abc"), unique=True)), "resourceName"]
    values = {"authorizationServers": ["[", f"{quote}{BARE}{quote}", *draw(st.sampled_from([[], [","]])), "]"]}
    members = []
    for key in draw(st.permutations(keys)):
        name = draw(st.sampled_from([key, f'"{key}"', f"'{key}'"]))
        members.append([name, ":", *values.get(key, [draw(VALUE)])])
    tokens = ["(", "{"]
    for number, member in enumerate(members):
        tokens += member if number == 0 else [",", *member]
    tokens += [*draw(st.sampled_from([[], [","]])), "}", *draw(st.sampled_from([[], [","]])), ")"]
    return "".join(token + draw(GAP) for token in tokens[:-1]) + tokens[-1]


@settings(deadline=None)
@given(
    registrations(),
    st.sampled_from(
        [
            ("{ OAuthProtectedResourcePlugin }", "OAuthProtectedResourcePlugin"),
            ("{ RuntimeExtensions, OAuthProtectedResourcePlugin, }", "OAuthProtectedResourcePlugin"),
            ("{OAuthProtectedResourcePlugin as P}", "P"),
            ("x, * as all", "all.OAuthProtectedResourcePlugin"),
        ]
    ),
    st.sampled_from(["export function runtimeInit(r: R) {{ {} }}", "export const runtimeInit = (r) => {}", "{}"]),
    st.booleans(),
)
def test_any_formatting_is_restored_to_the_byte(
    argument: str, imported: tuple[str, str], function: str, named: bool
) -> None:
    clause, name = imported
    call = function.format(f"r.addPlugin(new {name}{argument})")
    files = project(
        f"// Our gateway.\nimport {clause} from '@zuplo/runtime';\n{call}\n", audience=f"{STRINGS.audience}/"
    )
    after = adopt(files, NAMED if named else WANTED)
    assert after[RUNTIME] == files[RUNTIME].replace(BARE, SLASHED)
    assert json.loads(after[POLICIES]) == {"policies": [{"name": "first"}, policy(THEIRS)]}


# -- other values of the plugin ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "expected", "wanted"),
    [
        ("{}", f'{{ authorizationServers: ["{SLASHED}"] }}', WANTED),
        ("{ authorizationServers: [ ] }", f'{{ authorizationServers: ["{SLASHED}"] }}', WANTED),
        ('{ resourceName: "a" }', f'{{ authorizationServers: ["{SLASHED}"], resourceName: "a" }}', WANTED),
        (
            '{\n    resourceName: "a",\n  }',
            f'{{\n    authorizationServers: ["{SLASHED}"],\n    resourceName: "a",\n  }}',
            WANTED,
        ),
        (
            f"{{\n\tauthorizationServers: ['{BARE}'],\n}}",
            f"{{\n\tresourceName: \"Ours\",\n\tauthorizationServers: ['{SLASHED}'],\n}}",
            NAMED,
        ),
        ("{}", f'{{ resourceName: "Ours", authorizationServers: ["{SLASHED}"] }}', NAMED),
        (
            f"{{ authorizationServers: ['{SLASHED}'], resourceName: 'a' }}",
            f"{{ authorizationServers: ['{SLASHED}'], resourceName: 'Ours' }}",
            NAMED,
        ),
        (
            f"{{ authorizationServers: ['{SLASHED}'], resourceName: `a` }}",
            f"{{ authorizationServers: ['{SLASHED}'], resourceName: \"caf\\u00e9's ${{x}}\" }}",
            replace(NAMED, resource_name="café's ${x}"),
        ),
        (
            f"{{ authorizationServers: ['{SLASHED}'] }}",
            f'{{ scopesSupported: ["read", "it\'s"], authorizationServers: [\'{SLASHED}\'] }}',
            TELLING,
        ),
        (
            f"{{ authorizationServers: ['{SLASHED}'], scopesSupported: ['theirs', 'read'] }}",
            f"{{ authorizationServers: ['{SLASHED}'], scopesSupported: ['theirs', 'read', \"it's\"] }}",
            TELLING,
        ),
        (
            f"{{ authorizationServers: ['{SLASHED}'], scopesSupported: scopes }}",
            f"{{ authorizationServers: ['{SLASHED}'], scopesSupported: scopes }}",
            TELLING,
        ),
        ("{ authorizationServers: ['https://a.example/'] }", f"{{ authorizationServers: ['{SLASHED}'] }}", WANTED),
    ],
)
def test_values_that_are_corrected(argument: str, expected: str, wanted: Wanted) -> None:
    assert adopt(project(plugin(argument)), wanted)[RUNTIME] == plugin(expected)


VARIABLE = "`https://${environment.DOMAIN}`"
WITH_VARIABLE = IMPORT.replace("{ OAuth", "{ environment, OAuth")


@pytest.mark.parametrize(
    ("item", "wanted", "expected"),
    [
        (VARIABLE, WANTED, VARIABLE),
        (VARIABLE, OF_VARIABLE, f"{VARIABLE[:-1]}/`"),
        ("`https://${ environment.DOMAIN }/`", OF_VARIABLE, "`https://${ environment.DOMAIN }/`"),
        ("`https://${environment.OTHER}/`", OF_VARIABLE, f"{VARIABLE[:-1]}/`"),
        (f'"{SLASHED}"', OF_VARIABLE, f"{VARIABLE[:-1]}/`"),
    ],
)
def test_an_issuer_from_the_environment(item: str, wanted: Wanted, expected: str) -> None:
    body = "  runtime.addPlugin(new OAuthProtectedResourcePlugin({{ authorizationServers: [{}] }}));"
    files = project(runtime(body.format(item), WITH_VARIABLE))
    after = present(files, wanted).files
    assert after[RUNTIME] == runtime(body.format(expected), WITH_VARIABLE)
    assert absent(after).files == files


def test_a_variable_that_the_policy_has_as_its_domain() -> None:
    """It is a host name, so an issuer that is made of it lacks the slash."""
    source = plugin(f"{{ authorizationServers: [{VARIABLE}] }}").replace(IMPORT, WITH_VARIABLE)
    after = adopt(project(source, auth0Domain="$env(DOMAIN)"))
    assert after[RUNTIME] == source.replace(VARIABLE, f"{VARIABLE[:-1]}/`")
    other = project(source, auth0Domain="$env(OTHER)")
    assert present(other, WANTED).files == other


def test_an_import_that_is_used_by_now_stays() -> None:
    files = project(plugin(f'{{ authorizationServers: ["{BARE}"] }}'))
    first = dict(present(files, OF_VARIABLE).files)
    first[RUNTIME] += "export const mode = environment.MODE;\n"
    left = absent(first).files[RUNTIME]
    assert left == WITH_VARIABLE + files[RUNTIME].removeprefix(IMPORT) + "export const mode = environment.MODE;\n"


@pytest.mark.parametrize(
    "imports",
    [
        IMPORT + 'import { environment } from "./ours";\n',
        IMPORT + "const environment = {};\n",
    ],
)
def test_an_environment_of_their_own(imports: str) -> None:
    call = f'  runtime.addPlugin(new OAuthProtectedResourcePlugin({{ authorizationServers: ["{BARE}"] }}));'
    with pytest.raises(ProjectError, match="does not import environment from @zuplo/runtime, which issuer_domain_env"):
        present(project(runtime(call, imports)), OF_VARIABLE)


def test_a_module_as_a_whole_gives_no_environment() -> None:
    with pytest.raises(ProjectError, match="does not import environment from @zuplo/runtime"):
        present(project(LAYOUTS["a module as a whole"]), OF_VARIABLE)


# -- what cannot be corrected -----------------------------------------------------------------------------------------

WRONG = f'authorizationServers: ["{BARE}"]'
FORMS = {
    "a variable": runtime(f"  const o = {{ {WRONG} }};\n  runtime.addPlugin(new OAuthProtectedResourcePlugin(o));"),
    "a spread": plugin(f"{{ {WRONG}, ...more }}"),
    "a key that is computed": plugin(f"{{ {WRONG}, [key]: 1 }}"),
    "a key with an escape": plugin(f"{{ {WRONG}, 'resource\\x4eame': 'a' }}"),
    "a key twice": plugin(f"{{ {WRONG}, {WRONG} }}"),
    "a method": plugin(f"{{ {WRONG}, resourceName() {{}} }}"),
    "a getter": plugin(f"{{ {WRONG}, get resourceName() {{ return 1; }} }}"),
    "an expression around it": plugin(f"{{ {WRONG} }} as Options"),
    "two arguments": plugin(f"{{ {WRONG} }}, 1"),
    "two registrations": runtime(f"  runtime.addPlugin(new OAuthProtectedResourcePlugin({{ {WRONG} }}));\n" * 2),
    "no new": plugin(f"{{ {WRONG} }}").replace("new OAuth", "OAuth"),
    "two servers": plugin(f'{{ authorizationServers: ["{BARE}", "https://other.example/"] }}'),
    "a class of their own": plugin(f"{{ {WRONG} }}").replace("@zuplo/runtime", "./ours"),
    "another class under that name": plugin(f"{{ {WRONG} }}").replace("{ OAuth", "{ Ours as OAuth"),
    "a class that is declared again": plugin(f"{{ {WRONG} }}") + "{ class OAuthProtectedResourcePlugin {} }\n",
    "an import when it runs": plugin(f"{{ {WRONG} }}").replace(
        IMPORT, 'const { OAuthProtectedResourcePlugin } = await import("@zuplo/runtime");\n'
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_issuer_that_is_wrong_is_refused(form: str) -> None:
    files = project(FORMS[form], audience="https://elsewhere.example/mcp")
    with pytest.raises(ProjectError, match=f"the authorization server '{BARE}' instead of '{SLASHED}'") as refused:
        present(files, WANTED)
    assert refused.value.where == RUNTIME
    assert "Correct it there, or write it once as new OAuthProtectedResourcePlugin({ auth" in refused.value.remedy
    right = {**files, RUNTIME: files[RUNTIME].replace(BARE, SLASHED), POLICIES: project("")[POLICIES]}
    assert check(right)["plugin"] == "pass"
    assert present(right, WANTED).files == right


@pytest.mark.parametrize(
    "argument",
    [
        "{ authorizationServers: issuers() }",
        "{ authorizationServers }",
        "{ authorizationServers: [issuer()] }",
        "{ authorizationServers: [...issuers] }",
        f"{{ authorizationServers: ['{BARE}' + slash] }}",
        "{ authorizationServers: [`https://${domain}`] }",
        "{ authorizationServers: ['https:\\x2f\\x2fa.example'] }",
        "{ ...options }",
        "options",
        "",
    ],
)
def test_what_is_computed_is_left_to_the_check(argument: str) -> None:
    files = project(plugin(argument))
    assert check(files)["plugin"] == "skip"
    assert present(files, WANTED).files == files


def test_a_name_that_is_wrong_is_refused() -> None:
    source = plugin(f'{{ authorizationServers: ["{SLASHED}"], resourceName: "Theirs", ...more }}')
    with pytest.raises(ProjectError, match="the resourceName 'Theirs' instead of 'Ours'"):
        present(project(source), NAMED)


@pytest.mark.parametrize(
    "imports",
    [
        IMPORT,
        IMPORT.replace("Plugin,", "Plugin as P,"),
        IMPORT + 'import { OAuthProtectedResourcePlugin as Q } from "q";\n',
    ],
)
def test_an_import_alone_is_no_plugin(imports: str) -> None:
    files = project(runtime("  // later", imports))
    assert check(files)["plugin"] == "fail"
    after = adopt(files)
    assert "registerMcpOAuth(runtime);" in after[RUNTIME]
    assert check(after)["plugin"] == "pass"


def test_an_export_of_the_class_is_a_use() -> None:
    files = project(runtime("", 'export { OAuthProtectedResourcePlugin } from "@zuplo/runtime";\n'))
    with pytest.raises(ProjectError, match="uses OAuthProtectedResourcePlugin itself"):
        present(files, WANTED)


# -- the policy -------------------------------------------------------------------------------------------------------

RIGHT = plugin(f'{{ authorizationServers: ["{SLASHED}"] }}')


def with_options(text: str) -> dict[str, str]:
    """A project with this text as the options of the policy."""
    files = project(RIGHT)
    written = json.dumps(policy(THEIRS)["handler"]["options"], indent=4).replace("\n", "\n" + " " * 16)
    assert written in files[POLICIES]
    return {**files, POLICIES: files[POLICIES].replace(written, text)}


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{ }",
        "null",
        "[]",
        '{"audience": "https:\\/\\/other.example", "auth0Domain":"tenant.eu.auth0.com"}',
        '{ "allowUnauthenticatedRequests" : false,\n\t"auth0Domain" :  "https://tenant.eu.auth0.com/" }',
        '{"oAuthResourceMetadataEnabled": "true", "audience": ["x",\n "y"], "auth0Domain": 1.50}',
    ],
)
def test_options_of_the_policy_come_back(text: str) -> None:
    files = with_options(text)
    after = adopt(files)
    found = json.loads(after[POLICIES])["policies"][1]["handler"]["options"]
    assert {**found, **policy()["handler"]["options"]} == found
    assert check(after) == {
        "route": "pass",
        "audience": "pass",
        "auth0_domain": "pass",
        "plugin": "pass",
        "tools": "warn",
    }


def test_a_policy_without_options() -> None:
    theirs = policy(THEIRS)
    del theirs["handler"]["options"]
    files = {**project(RIGHT), POLICIES: json.dumps({"policies": [theirs]})}
    after = adopt(files)
    assert json.loads(after[POLICIES])["policies"][0] == policy(THEIRS)
    later = present(after, Wanted(derive("new.eu.auth0.com", STRINGS.audience))).files
    assert absent(later).files == files


def test_the_type_and_the_module_of_a_policy_stay() -> None:
    files = project(RIGHT, audience="https://other.example")
    own = {**files, POLICIES: files[POLICIES].replace('"auth0-jwt-auth-inbound"', '"oauth-inbound"')}
    assert '"oauth-inbound"' in adopt(own)[POLICIES]


@pytest.mark.parametrize(
    "options",
    [
        {"auth0Domain": "$env(TENANT).eu.auth0.com"},
        {"audience": "$env(BASE)/mcp"},
        {"audience": "https://$env(NAME).example.com/mcp", "auth0Domain": "$env(DOMAIN)"},
    ],
)
def test_variables_in_a_longer_text_stay(options: dict[str, t.Any]) -> None:
    files = project(RIGHT, **options)
    plan = present(files, WANTED)
    assert plan.files == files
    assert plan.config is not None
    assert {**plan.config["policy"]["handler"]["options"], **options} == plan.config["policy"]["handler"]["options"]
    named = adopt(files, Wanted(STRINGS, Environment("A", "B")))[POLICIES]
    assert tuple(
        json.loads(named)["policies"][1]["handler"]["options"][key] for key in ("auth0Domain", "audience")
    ) == ("$env(A)", "https://$env(B)/mcp")


@pytest.mark.parametrize("audience", ["$env(BASE)/other", "http://$env(HOST)/mcp", "$env(A-B)"])
def test_variables_that_cannot_be_the_value_are_replaced(audience: str) -> None:
    assert audience not in adopt(project(RIGHT, audience=audience))[POLICIES]


# -- what happens in between ------------------------------------------------------------------------------------------

GUIDE = LAYOUTS["several lines"]


def test_what_somebody_has_changed_since_stays() -> None:
    first = dict(present(project(GUIDE, audience="https://old.example"), WANTED).files)
    first[RUNTIME] = first[RUNTIME].replace(SLASHED, "https://new.example/")
    first[POLICIES] = first[POLICIES].replace(STRINGS.audience, "https://new.example")
    left = absent(first).files
    assert left == {path: text for path, text in first.items() if path != HELPER}


def test_what_was_there_first_comes_back_after_several_changes() -> None:
    files = project(GUIDE, audience="https://old.example")
    other = Wanted(derive("other.eu.auth0.com", STRINGS.audience), resource_name="Two")
    second = present(present(files, NAMED).files, other).files
    assert '"https://other.eu.auth0.com/"' in second[RUNTIME]
    back = present(second, NAMED).files
    for after in (second, back):
        assert absent(after).files == files


@pytest.mark.parametrize("written", [(), (RUNTIME,), (POLICIES,), (RUNTIME, POLICIES)])
def test_a_run_that_is_killed_loses_nothing(written: tuple[str, ...]) -> None:
    """The ledger is written first, and then some of the files."""
    files = project(GUIDE, audience="https://old.example")
    other = Wanted(derive("other.eu.auth0.com", "https://other.example/mcp"), policy_name=THEIRS)
    first = present(files, WANTED).files
    second = present(first, other).files
    for before, after in ((files, first), (first, second)):
        killed = {**before, HELPER: after[HELPER], **{path: after[path] for path in written}}
        assert absent(killed).files == files
        assert absent(present(killed, WANTED).files).files == files
        assert absent(present(killed, other).files).files == files


def test_two_servers_share_a_plugin_of_their_own() -> None:
    files = project(GUIDE, audience="https://old.example")
    files["config/more.oas.json"] = routes(other={"post": mcp()})
    first = present(files, WANTED).files
    other = elsewhere("/other", policy_name="other")
    planned = present(first, replace(other, resource_name=None))
    assert planned.warnings == []
    (warning,) = present(planned.files, other).warnings
    assert f"also apply to those of the policies {THEIRS}." in warning
    both = present(planned.files, other).files
    left = absent(both, THEIRS).files
    assert left[RUNTIME] == both[RUNTIME]
    assert json.loads(left[POLICIES])["policies"][1]["handler"]["options"]["audience"] == "https://old.example"
    assert absent(left, "other").files == files
    assert absent(absent(both, "other").files).files == files


def test_what_was_replaced_is_read_as_it_was_written() -> None:
    ledger = Ledger({"a": frozenset({"x"})}).note_replaced("p", None, "1\r\n2").note_replaced("q", "ü\r\n\u2028'", "2")
    ledger = ledger.note_replaced("q", "2", "3").note_replaced("p", "1\r\n2", "1\n2")
    assert ledger.replaced == {"p": (None, "1\n2"), "q": ("ü\r\n\u2028'", "2", "3")}
    assert ledger.note_replaced("q", "theirs", "4").replaced["q"] == ("theirs", "4")
    text = write_helper(ledger, "// code\n")
    assert "\u2028" not in text
    assert len(text.splitlines()) == 5
    assert read_ledger(text) == ledger
    assert read_ledger(text.replace("\n", "\r\n")) == ledger


@pytest.mark.parametrize("line", ["{,}", '{"x": 5}', '{"x": [5]}'])
def test_a_ledger_that_somebody_has_edited(line: str) -> None:
    text = write_helper(Ledger({}), "").replace("\n\n", f"\n// replaced: {line}\n\n")
    with pytest.raises(ProjectError, match="somebody has edited line 3, which lists what state=absent puts back"):
        read_ledger(text)
