"""Which DynamoDB a command talks to: the SDK's own settings, unless its options say otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from ..client import Client
from ..local import DEFAULT, EngineError, find
from ..local.lines import environment
from ..transport import Script, SdkTransport
from .output import CommandError
from .rehearsal import Rehearsal

PANEL = "Which DynamoDB"
POOL = 10
_LOCAL = "DynamoDB Local does not run; `dynamorm local start` starts it"


@dataclass(frozen=True)
class Prefix:
    """What the real names of tables begin with."""

    table_prefix: Annotated[
        str,
        typer.Option("--table-prefix", metavar="TEXT", help="Stands before every table's name.", rich_help_panel=PANEL),
    ] = ""


@dataclass(frozen=True)
class Connection(Prefix):
    """One DynamoDB, and the prefix of its tables."""

    endpoint_url: Annotated[
        str | None,
        typer.Option(
            "--endpoint-url",
            metavar="URL",
            help="The endpoint; else AWS_ENDPOINT_URL_DYNAMODB, else that of the region.",
            show_default=False,
            rich_help_panel=PANEL,
        ),
    ] = None
    region: Annotated[
        str | None,
        typer.Option("--region", help="The region; else the SDK's own.", show_default=False, rich_help_panel=PANEL),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile", help="The profile of credentials and region.", show_default=False, rich_help_panel=PANEL
        ),
    ] = None
    local: Annotated[
        bool, typer.Option("--local", help="The engine that `dynamorm local` runs.", rich_help_panel=PANEL)
    ] = False


def sdk_client(connection: Connection, *, pool: int = POOL) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """Make the SDK's client, with so many connections at a time."""
    import boto3  # noqa: PLC0415 - a command that needs no client is not slowed down
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, NoRegionError  # noqa: PLC0415

    if connection.local and (connection.endpoint_url or connection.profile or connection.region):
        raise typer.BadParameter("--local says where: no --endpoint-url, --region or --profile beside it")
    config = Config(max_pool_connections=max(pool, POOL))
    try:
        if connection.local:
            return _local_session(boto3).client("dynamodb", endpoint_url=_local_endpoint(), config=config)
        session = boto3.Session(profile_name=connection.profile, region_name=connection.region)
        return session.client("dynamodb", endpoint_url=connection.endpoint_url, config=config)
    except NoRegionError:
        raise CommandError(
            "no region is known: give --region or --profile, or set AWS_DEFAULT_REGION (--local needs none)"
        ) from None
    except (BotoCoreError, ValueError) as error:
        raise CommandError(str(error)) from error


def _local_endpoint() -> str:
    try:
        state = find(DEFAULT)
    except EngineError as error:
        raise CommandError(str(error)) from error
    if state is None:
        raise CommandError(_LOCAL)
    return state.endpoint


def _local_session(boto3: Any) -> Any:  # noqa: ANN401 - see sdk_client
    """Give the session of the environment that `dynamorm local start` prints, and so the same tables."""
    known = environment("")
    return boto3.Session(
        aws_access_key_id=known["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=known["AWS_SECRET_ACCESS_KEY"],
        region_name=known["AWS_REGION"],
    )


def connected(connection: Connection, *, pool: int = POOL) -> Client:
    """Give a client."""
    return Client(sdk_client(connection, pool=pool), table_prefix=connection.table_prefix)


def rehearsing(connection: Connection) -> tuple[Client, Rehearsal]:
    """Give a client that changes nothing, and what tells what it would have sent."""
    rehearsal = Rehearsal(SdkTransport(sdk_client(connection)))
    return Client(transport=rehearsal, table_prefix=connection.table_prefix), rehearsal


def unconnected(prefix: Prefix) -> Client:
    """Give a client for what needs no DynamoDB."""
    return Client(transport=Script([]), table_prefix=prefix.table_prefix)
