from __future__ import annotations

import json
from typing import Any

import pytest

from dynamorm import canonical_dms, load_dms
from dynamorm.documents.meanings import OF_ATTRIBUTES, OF_DOCUMENTS, OF_KEYS
from dynamorm.documents.upgrade import upgrade_dms
from dynamorm.errors import InvalidModelError

OLD = """\
# The users.
dms_version: "0.1"
namespace: "acme.users"
models:
  - name: "User"
    table:
      name: "users" # one of many
    naming:
      convention: "camelCase"
    keys:
      partition: { attribute: "PK", type: "S" }
      sort: { attribute: "SK", type: "N" }
    attributes:
      - attribute: "PK"
        type: "S"
        required: true
        roles: ["pk"]
      - attribute: "SK"
        type: "N"
        roles: ["sk"]
      # The mail's hash.
      - attribute: "email"
        type: "S"
        optional: true # always
        roles: ["index_pk:gsi-email"]
        owner: "team-a" # who to ask
      - attribute: "createdAt"
        type: "S"
        roles: ["created_at"]
      - attribute: "updatedAt"
        type: "S"
        format: "rfc3339nano"
        roles: ["updated_at"]
      - attribute: "version"
        type: "N"
        format: "int"
        roles: ["version"]
      - attribute: "ttl"
        type: "N"
        roles: ["ttl"]
        optional: true
      - attribute: "secret"
        type: "S"
        encryption:
          v: 1 # the only one
      - attribute: "plain"
        type: "B"
        binary: true
        encryption: null
        format: ""
      - { attribute: "seen", type: "S", format: "date", required: true }
      - { attribute: "tags", type: "SS", omit_empty: true }
      - { attribute: "extra", type: "S", json: true }
      - { attribute: "place", type: "M", omit_empty: true }
    indexes:
      - name: "gsi-email"
        type: "GSI"
        partition: { attribute: "email", type: "S" }
        sort: null
        projection: {}
      - name: "gsi-late"
        type: "GSI"
        partition: { attribute: "late", type: "S" }
        projection: { type: "ALL", fields: [] }
        note: "undeclared"
"""
NEW = """\
# The users.
dms_version: "1.0"
namespace: acme.users
models:
  - name: User
    table:
      name: users # one of many
    naming:
      convention: camelCase
    keys:
      partition: { attribute: PK, type: S }
      sort: { attribute: SK, type: N }
    attributes:
      - attribute: PK
        type: S
        required: true
        roles: [pk]
      - attribute: SK
        type: N
        required: true
        roles: [sk]
      # The mail's hash.
      - attribute: email
        type: S
        # always
        tags:
          owner: team-a # who to ask
      - attribute: createdAt
        type: S
        format: rfc3339nano
        roles: [created_at]
      - attribute: updatedAt
        type: S
        format: rfc3339nano
        roles: [updated_at]
      - attribute: version
        type: N
        format: int
        roles: [version]
      - attribute: ttl
        type: N
        format: unix_seconds
        roles: [ttl]
      - attribute: secret
        type: S
        # the only one
        encryption: {}
      - attribute: plain
        type: B
      - { attribute: seen, type: S, format: date, required: true }
      - { attribute: tags, type: SS, omit_empty: true }
      - { attribute: extra, type: S, json: true }
      - { attribute: place, type: M, omit_empty: true }
      - { attribute: late, type: S }
    indexes:
      - name: gsi-email
        type: GSI
        partition: { attribute: email, type: S }
      - name: gsi-late
        type: GSI
        partition: { attribute: late, type: S }
        projection: { type: ALL }
        tags:
          note: undeclared
"""


def test_a_document_of_0_1_becomes_one_of_1_0_and_keeps_its_comments() -> None:
    upgraded = upgrade_dms(OLD)
    assert upgraded.text == NEW
    assert sorted(load_dms(upgraded.text)) == ["User"]


def test_every_edit_is_named_with_its_pointer() -> None:
    edits = {(notice.name, *notice.paths) for notice in upgrade_dms(OLD).notices if notice.kind == "edit"}
    model = "/models/0"
    assert edits == {
        ("version", "/dms_version"),
        ("key-required", f"{model}/attributes/1"),
        ("optional-dropped", f"{model}/attributes/2/optional"),
        ("index-role", f"{model}/attributes/2/roles/0"),
        ("unknown-member", f"{model}/attributes/2/owner"),
        ("format-of-role", f"{model}/attributes/3"),
        ("format-of-role", f"{model}/attributes/6"),
        ("optional-dropped", f"{model}/attributes/6/optional"),
        ("encryption", f"{model}/attributes/7/encryption"),
        ("binary-dropped", f"{model}/attributes/8/binary"),
        ("encryption-dropped", f"{model}/attributes/8/encryption"),
        ("format-dropped", f"{model}/attributes/8/format"),
        ("sort-dropped", f"{model}/indexes/0/sort"),
        ("projection-dropped", f"{model}/indexes/0/projection"),
        ("fields-dropped", f"{model}/indexes/1/projection/fields"),
        ("unknown-member", f"{model}/indexes/1/note"),
        ("index-key-declared", f"{model}/indexes/1/partition"),
    }


def test_every_change_of_meaning_is_named_with_what_it_is_about() -> None:
    meanings = {notice.name: notice.paths for notice in upgrade_dms(OLD).notices if notice.kind == "meaning"}
    assert meanings == {
        "encrypted-values-migrate": ["User.secret"],
        "time-text": ["User.createdAt", "User.updatedAt"],
        "created-at-kept": ["User.createdAt"],
        "version-starts-at-1": ["User.version"],
        "ttl-whole-seconds": ["User.ttl"],
        "number-text": ["User.SK", "User.version", "User.ttl"],
        "empty-set-absent": ["User.tags"],
        "json-null-absent": ["User.extra"],
        "empty-members": ["User.place"],
        "required-enforced": ["User.seen"],
        "format-enforced": ["User.seen"],
        "null-absent": ["User.email", "User.secret", "User.plain", "User.late"],
        "zero-is-a-key": ["User.SK"],
        "cursors-begin-anew": ["User"],
    }
    assert sorted(meanings) == sorted([*(name for name, _, _ in OF_ATTRIBUTES), OF_KEYS[0], OF_DOCUMENTS[0]])


def test_a_document_of_1_0_stays_as_it_is() -> None:
    once = upgrade_dms(OLD).text.replace("type: S\n", "type: 'S'\n")
    again = upgrade_dms(once)
    assert (again.text, again.notices) == (once, [])
    with pytest.raises(InvalidModelError):
        upgrade_dms('{"dms_version": "1.0"}')


def test_json_becomes_json() -> None:
    document = {
        "dms_version": "0.1",
        "namespace": "",
        "owner": {"team": "a"},
        "models": [
            {
                "name": "A",
                "table": {"name": "abc"},
                "naming": {},
                "keys": {"partition": {"attribute": "id", "type": "S"}, "sort": None},
                "attributes": [{"attribute": "id", "type": "S", "roles": []}],
                "indexes": None,
            }
        ],
    }
    assert json.loads(upgrade_dms(json.dumps(document)).text) == {
        "dms_version": "1.0",
        "tags": {"owner": {"team": "a"}},
        "models": [
            {
                "name": "A",
                "table": {"name": "abc"},
                "keys": {"partition": {"attribute": "id", "type": "S"}},
                "attributes": [{"attribute": "id", "type": "S", "required": True}],
            }
        ],
    }


def changed(**members: Any) -> str:
    """Give the smallest document of 0.1 with other members of its one attribute beside the key, or of the model."""
    model = {
        "name": "A",
        "table": {"name": "abc"},
        "keys": {"partition": {"attribute": "id", "type": "S"}},
        "attributes": [
            {"attribute": "id", "type": "S"},
            {"attribute": "a", "type": "S", **members.pop("attribute", {})},
        ],
    }
    return json.dumps({"dms_version": "0.1", "models": [model | members.pop("model", {})], **members})


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("[]", ""),
        ("dms_version: 0.1", "/dms_version"),
        ("dms_version: '0.2'", "/dms_version"),
        ("dms_version: '0.1'", ""),
        ("{dms_version: '0.1', models: {}}", "/models"),
        ("{dms_version: '0.1', models: [1]}", "/models/0"),
        ("{dms_version: '0.1', models: []}", "/models"),
        (changed(namespace="Acme"), "/namespace"),
        (changed(models=[{"name": "A", "attributes": []}]), "/models/0"),
        (changed(model={"keys": []}), "/models/0/keys"),
        (changed(model={"indexes": {}}), "/models/0/indexes"),
        (changed(model={"attributes": [1]}), "/models/0/attributes/0"),
        (changed(model={"name": "a"}), "/models/0/name"),
        (changed(model={"naming": {"convention": "PascalCase"}}), "/models/0/naming/convention"),
        (changed(model={"naming": {"convention": "snake_case", "x": 1}}), "/models/0/naming/x"),
        (changed(model={"table": {"name": "abc", "billing": "x"}}), "/models/0/table/billing"),
        (changed(model={"tags": {"x": 1}, "x": 2}), "/models/0/x"),
        (changed(model={"tags": [], "x": 2}), "/models/0/x"),
        (changed(attribute={"required": True, "optional": True}), "/models/0/attributes/1/optional"),
        (changed(attribute={"optional": "no"}), "/models/0/attributes/1/optional"),
        (changed(attribute={"binary": True}), "/models/0/attributes/1/binary"),
        (changed(attribute={"encryption": False}), "/models/0/attributes/1/encryption"),
        (changed(attribute={"encryption": {"v": 2}}), "/models/0/attributes/1/encryption"),
        (changed(attribute={"encryption": {"v": 1, "key": "k"}}), "/models/0/attributes/1/encryption"),
        (changed(attribute={"type": "N", "roles": ["created_at"]}), "/models/0/attributes/1/type"),
        (changed(attribute={"roles": ["index_pk:none"]}), "/models/0/attributes/1/roles/0"),
        (changed(attribute={"roles": ["owner"]}), "/models/0/attributes/1/roles/0"),
        (changed(attribute={"roles": {"index_pk:x": 1}}), "/models/0/attributes/1/roles"),
        (changed(attribute={"format": "email"}), "/models/0/attributes/1/format"),
        (changed(attribute={"type": "map"}), "/models/0/attributes/1/type"),
        (
            changed(model={"attributes": [{"attribute": "id", "type": "S", "optional": True}]}),
            "/models/0/attributes/0/optional",
        ),
        (
            changed(
                model={
                    "indexes": [
                        {
                            "name": "abc",
                            "type": "GSI",
                            "partition": {"attribute": "a", "type": "S"},
                            "projection": {"fields": ["a"]},
                        }
                    ]
                }
            ),
            "/models/0/indexes/0/projection",
        ),
        (
            changed(
                model={"indexes": [{"name": ["x"], "type": "GSI", "partition": {"attribute": ["a"], "type": "S"}}]}
            ),
            "/models/0/indexes/0/name",
        ),
        (
            changed(model={"keys": {"partition": {"attribute": ["id"], "type": "S"}}}),
            "/models/0/keys/partition/attribute",
        ),
    ],
)
def test_what_cannot_be_upgraded_is_refused_with_its_pointer(text: str, pointer: str) -> None:
    with pytest.raises(InvalidModelError) as refused:
        upgrade_dms(text)
    assert refused.value.path == pointer


@pytest.mark.parametrize("encryption", [{}, {"v": 1}, True])
def test_encryption_has_one_spelling(encryption: Any) -> None:
    text = upgrade_dms(changed(attribute={"encryption": encryption})).text
    assert json.loads(canonical_dms(text))["models"][0]["attributes"][0]["encryption"] == {}
