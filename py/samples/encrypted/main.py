"""Patients whose notes nobody reads in the table: sealed before they leave the process, opened when they come back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import boto3

from dynamorm import Client, DataKeyCache, Encrypted, Encryption, Model, PartitionKey, errors
from dynamorm.testing import InMemoryKeys

if TYPE_CHECKING:
    from dynamorm import Table
    from dynamorm.encryption import KeyService


class Patient(Model, table="patients"):
    """A patient; in the table the note is an envelope."""

    patient_id: Annotated[str, PartitionKey()]
    ward: str
    note: Annotated[str | None, Encrypted()] = None


def connect(kms: KeyService | None) -> Client:
    """Connect a clinic: its envelopes open for its context alone. Without `kms` the keys are those of AWS KMS."""
    cache = DataKeyCache(max_age=300, max_uses=1_000)  # without one, every value has a data key of its own
    return Client(encryption=Encryption("alias/clinic", kms=kms, context={"clinic": "north"}, cache=cache))


def use(patients: Table[Patient]) -> None:
    """Write and read as ever; what needs to look inside is refused."""
    patients.create(Patient(patient_id="p-1", ward="7", note="allergic to penicillin"))
    print("read:", patients.get({"patient_id": "p-1"}).note)
    patients.update({"patient_id": "p-1"}, set={"note": "no allergies"})
    print("wards, without a key:", patients.select({"patient_id": "p-1"}, ["ward"]))
    try:
        patients.update({"patient_id": "p-1"}, append={"note": "!"})
    except errors.EncryptedFieldNotQueryableError as refused:
        print("refused:", refused.code, refused.path)


def rotate(kms: KeyService | None) -> None:
    """Seal everything anew under another key; until then the old one still opens."""
    encryption = Encryption("alias/clinic-2", kms=kms, read_keys=["alias/clinic"], context={"clinic": "north"})
    patients = Client(encryption=encryption).table(Patient)
    done = patients.reencrypt(on_failure=lambda failure: print("left:", failure.key, failure.error))
    print("sealed anew:", done.rewritten, "of", done.read)
    print("read:", patients.get({"patient_id": "p-1"}, consistent=True).note)


def main() -> None:
    """Make the table, use it, and take it away again."""
    # In memory the keys are no secret: that is for trying it out. AWS_ENDPOINT_URL_KMS names another KMS than AWS's.
    kms = None if "AWS_ENDPOINT_URL_KMS" in os.environ else InMemoryKeys()
    dynamodb = boto3.client("dynamodb")  # AWS_ENDPOINT_URL_DYNAMODB names another than AWS's
    dynamodb.create_table(
        TableName="patients",
        KeySchema=[{"AttributeName": "patient_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "patient_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName="patients")
    try:
        use(connect(kms).table(Patient))
        rotate(kms)
        stored = dynamodb.get_item(TableName="patients", Key={"patient_id": {"S": "p-1"}}).get("Item", {})
        print("stored:", sorted(stored["note"].get("M", {})))
    finally:
        dynamodb.delete_table(TableName="patients")


if __name__ == "__main__":
    main()
