# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The option `scope` of a connection, which Auth0 makes of other options: one row a strategy in SCOPES.

TestAcc… are recordings of auth0/terraform-provider-auth0; "SDK" is the API's description in auth0-python 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


@dataclass(frozen=True)
class Scopes:
    """The option `scope` as it follows from others: `base`, then those of the options that are true, in this order.

    `always` are options that are true where they are not sent. A text where `separator` is given, else a list.
    """

    of: Mapping[str, str]
    base: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    separator: str | None = None

    def put_into(self, options: Object) -> Object:
        """`freeform_scopes` are added (SDK). So are those in a list that was sent, unless an option stands for them:
        TestAccConnectionLine sends the same ones in another order, and they come back in this one."""
        made = {**dict.fromkeys(self.always, True), **options}
        derived = [scope for name, scope in self.of.items() if made.get(name) is True]
        sent = [scope for scope in _texts(made.get("scope")) if scope not in self.of.values()]
        found = list(dict.fromkeys([*self.base, *derived, *_texts(made.get("freeform_scopes")), *sent]))
        return {**made, "scope": found if self.separator is None else self.separator.join(found)}


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_LINKEDIN_3 = Scopes(_same("openid", "profile", "email"))
_GITHUB = {
    "email": "user:email",
    "read_user": "read:user",
    "follow": "user:follow",
    **_same("public_repo", "repo", "repo_deployment"),
    "repo_status": "repo:status",
    **_same("delete_repo", "notifications", "gist"),
    **{f"{may}_repo_hook": f"{may}:repo_hook" for may in ("read", "write", "admin")},
    **{f"{may}_org": f"{may}:org" for may in ("read", "admin")},
    **{f"{may}_public_key": f"{may}:public_key" for may in ("read", "write", "admin")},
    "write_org": "write:org",
}
_GOOGLE = {
    **_same("email", "profile"),
    "gmail": "https://mail.google.com/mail/feed/atom",
    "youtube": "https://gdata.youtube.com",
}
# Those of the recording in its order, then those of the SDK.
_FACEBOOK = _same(
    *("email", "groups_access_member_info", "user_birthday", "public_profile", "ads_management", "ads_read"),
    *("business_management", "leads_retrieval", "manage_notifications", "manage_pages", "pages_manage_cta"),
    *("pages_manage_instant_articles", "pages_messaging", "pages_messaging_phone_number"),
    *("pages_messaging_subscriptions", "pages_show_list", "publish_actions", "publish_pages", "publish_to_groups"),
    *("publish_video", "read_audience_network_insights", "read_insights", "read_mailbox", "read_page_mailboxes"),
    *("read_stream", "user_age_range", "user_events", "user_friends", "user_gender", "user_groups", "user_hometown"),
    *("user_likes", "user_link", "user_location", "user_managed_groups", "user_photos", "user_posts", "user_status"),
    *("user_tagged_places", "user_videos"),
)
_PAYPAL = Scopes(_same("profile", "email", "address", "phone"), base=("openid",))
_SALESFORCE = Scopes(_same("profile"))


# By strategy_version; 0 is for another one or none.
SCOPES: Mapping[str, Mapping[int, Scopes]] = {
    "amazon": {0: Scopes(_same("profile", "postal_code"), always=("profile",))},  # SDK
    "apple": {0: Scopes(_same("name", "email"), separator=" ")},  # TestAccConnectionApple
    "facebook": {0: Scopes(_FACEBOOK, separator=",")},  # TestAccConnectionFacebook
    "github": {0: Scopes(_GITHUB)},  # TestAccConnectionGitHub
    "google-apps": {0: Scopes(_same("email", "profile"), always=("email", "profile"))},  # TestAccConnectionGoogleApps
    "google-oauth2": {0: Scopes(_GOOGLE, always=("profile",))},  # TestAccConnectionGoogleOAuth2
    "line": {0: Scopes(_same("email", "profile"), base=("openid",), always=("profile",))},  # TestAccConnectionLine
    "linkedin": {  # TestAccConnectionLinkedin for version 2, SDK for the others
        0: _LINKEDIN_3,
        1: Scopes({"basic_profile": "r_basicprofile", "full_profile": "r_fullprofile", "network": "r_network"}),
        2: Scopes({"email": "r_emailaddress", "profile": "r_liteprofile", "basic_profile": "r_basicprofile"}),
    },
    "paypal": {0: _PAYPAL},  # SDK
    "paypal-sandbox": {0: _PAYPAL},
    "salesforce": {0: _SALESFORCE},
    "salesforce-community": {0: _SALESFORCE},  # TestAccConnectionSalesforce
    "salesforce-sandbox": {0: _SALESFORCE},
    "windowslive": {0: Scopes({"graph_user": "https://graph.microsoft.com/User.Read"})},  # TestAccConnectionWindowslive
}


def with_scope(strategy: str, options: Object) -> Object:
    if strategy not in SCOPES:
        return options
    versions, version = SCOPES[strategy], options.get("strategy_version")
    return versions.get(version if isinstance(version, int) else 0, versions[0]).put_into(options)
