"""Token and AuthorizationInfo as OCPI 2.3.0 spells them: as 2.2.1, but of a Token's type anybody may name a new one.

OCPI 2.3.0 mod_tokens_tokentype_enum.
"""

from typing import Literal, get_args

from laddnav.ocpi.wire.codec import Codec
from laddnav.ocpi.wire.shared.scalars import Word
from laddnav.ocpi.wire.v2_2_1 import token as v2_2_1
from laddnav.ocpi.wire.v2_2_1.token import authorization_as, read, read_authorization, token_as
from laddnav.tokens.model import Authorization, Token

ProfileType = Literal["CHEAP", "FAST", "GREEN", "REGULAR"]
PROFILES = frozenset(get_args(ProfileType))


class WireToken(v2_2_1.WireToken, kw_only=True, omit_defaults=True):
    """Whereas profiles stay those that are listed (OCPI 2.3.0 mod_sessions_profile_type_enum)."""

    type: Word  # type: ignore[assignment]  # a list that was closed is open
    default_profile_type: ProfileType | None = None


class WireAuthorizationInfo(v2_2_1.WireAuthorizationInfo, kw_only=True, omit_defaults=True):
    token: WireToken | None = None


def write_token(token: Token) -> WireToken:
    """A profile that nobody listed is not said."""
    profile = token.default_profile_type
    return token_as(WireToken, token, token.type, profile if profile in PROFILES else None)


def write_authorization(authorization: Authorization) -> WireAuthorizationInfo:
    return authorization_as(WireAuthorizationInfo, authorization, write_token)


codec = Codec(WireToken, read, write_token)
authorization_codec = Codec(WireAuthorizationInfo, read_authorization, write_authorization)
