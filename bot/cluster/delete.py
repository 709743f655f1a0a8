"""Sends DELETE: the only file that does. What is deleted is decided in bot/delivery; here it is made sure of once more.

Measured on 1.37: a missing name addresses the whole collection; a dry run asked for in the query counts for nothing as
soon as there is a body; a misspelt field of the body is ignored. So names are asserted, the dry run stands inside the
body, and the UID stands there always: what was made again under the same name is never hit.
"""

import json

from bot.cluster.answers import classify
from bot.cluster.gateway import Gateway, Request
from bot.cluster.paths import object_path
from bot.cluster.response import Response
from bot.cluster.send import unaddressable
from bot.objects.identity import Object, ObjectKey
from bot.ports.clusters import ClusterUnreachable, DeleteAnswer, Going, Refusal, Refused, Resource

_OPTIONS = "application/yaml"
"""JSON is YAML; the package's client leaves bytes of this type as they are."""


def delete(gateway: Gateway, resource: Resource, key: ObjectKey, uid: str, *, dry: bool) -> DeleteAnswer:
    """Delete one object, in the foreground: its dependants go first (DeleteOptions of the meta/v1 API).

    None when it is not there. Repeating it is harmless, since an object made again has another UID. Raises ValueError
    without a UID, which is our mistake, and ClusterUnreachable, after which it may or may not have been deleted.
    """
    if not uid:
        raise ValueError(f"{key} may not be deleted without its UID")
    path = object_path(resource, key.namespace, key.name)
    if path is None or resource.kind != key.of:
        return unaddressable(resource)
    headers = {"Accept": "application/json", "Content-Type": _OPTIONS}
    request = Request("DELETE", path, headers, json.dumps(_options(uid, dry=dry)).encode())
    return _understood(gateway, gateway.send(request))


def _options(uid: str, *, dry: bool) -> Object:
    options: Object = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": uid},
        "propagationPolicy": "Foreground",
    }
    return options | ({"dryRun": ["All"]} if dry else {})


def _understood(gateway: Gateway, response: Response) -> DeleteAnswer:
    """A Status without an object is success as well; a Service answers with the object although it is gone."""
    if response.status == 404:
        return None
    if response.ok:
        try:
            response.json()
        except ValueError:
            raise ClusterUnreachable(f"cluster {gateway.connection.name} answers with no Kubernetes object") from None
        return Going()
    answer = classify(response)
    return answer if isinstance(answer, Refused) else Refused(Refusal.INVALID, response.message)
