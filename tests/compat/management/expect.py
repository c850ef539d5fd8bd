"""What a refused call must answer: its code, its text where clients read it, and its google.rpc details."""
import pytest

import wire


def refused(call, code):
    with pytest.raises(wire.Failure) as caught:
        call()
    assert caught.value.code == code, str(caught.value)
    return caught.value


def field_violation(call, field, *words):
    failure = refused(call, "INVALID_ARGUMENT")
    assert list(failure.details) == ["google.rpc.BadRequest"]
    [violation] = failure.details["google.rpc.BadRequest"].field_violations
    assert violation.field == field, str(failure)
    assert failure.text == f'Violation for field "{field}": {violation.description}'
    for word in words:
        assert word in violation.description
    return violation.description


def resource(call, code, kind, name):
    failure = refused(call, code)
    assert list(failure.details) == ["google.rpc.ResourceInfo"]
    info = failure.details["google.rpc.ResourceInfo"]
    assert (info.resource_type, info.resource_name) == (kind, name)
    return failure


def not_found(call, kind, name):
    failure = resource(call, "NOT_FOUND", kind, name)
    assert failure.text == f"Resource {kind}/{name} not found"


def already_exists(call, kind, name):
    failure = resource(call, "ALREADY_EXISTS", kind, name)
    assert failure.text == f"Resource {kind}/{name} already exists"


def precondition(call, kind, *words):
    failure = refused(call, "FAILED_PRECONDITION")
    assert list(failure.details) == ["google.rpc.PreconditionFailure"]
    [violation] = failure.details["google.rpc.PreconditionFailure"].violations
    assert (violation.type, violation.subject) == (kind, "influxdata.com/iox"), str(failure)
    assert failure.text == f"Precondition violation influxdata.com/iox - {kind}: {violation.description}"
    for word in words:
        assert word in violation.description


def not_ready(call):
    failure = refused(call, "UNAVAILABLE")
    assert failure.text == "service not ready to serve"
