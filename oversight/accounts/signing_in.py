"""Letting a person in: throttled, recorded, with a new session."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from oversight.accounts import throttle
from oversight.accounts.events import SignedIn, SignedOut, SignInFailed
from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.middleware import client_ip
from oversight.lib.errors import Throttled

PER_ACCOUNT, PER_ADDRESS = 5, 30


def sign_in(request: HttpRequest, *, email: str, password: str) -> User | None:
    """The user, signed in with a fresh session key; None when e-mail and password do not go together.

    Raises Throttled after 5 attempts a minute on one account or 30 from one address, and Unavailable when attempts
    cannot be counted. Successful attempts do not count.
    """
    account = salted_hmac("oversight.sign_in", email.casefold()).hexdigest()[:32]
    of_account, of_address = f"login:account:{account}", f"login:address:{client_ip(request)}"
    if throttle.hit(of_address) > PER_ADDRESS or throttle.hit(of_account) > PER_ACCOUNT:
        _failed(account, throttled=True)
        raise Throttled("Too many attempts to sign in. Wait a minute, then try again.")
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        _failed(account, throttled=False)
        return None
    throttle.take_back(of_account)
    throttle.take_back(of_address)
    login(request, user)
    audit.record_alone(SignedIn(object_id=str(user.pk)), Actor.of(user))
    return user


def _failed(account: str, *, throttled: bool) -> None:
    audit.record_alone(SignInFailed(object_id=account, outcome="denied", throttled=throttled), Actor.anonymous())


def sign_out(request: HttpRequest) -> None:
    """Ends the session; nothing happens for a stranger."""
    user = request.user
    logout(request)
    if isinstance(user, User):
        audit.record_alone(SignedOut(object_id=str(user.pk)), Actor.of(user))
