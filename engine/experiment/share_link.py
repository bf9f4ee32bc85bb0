"""Share links: an experiment's JSON, deflated with a preset dictionary, short enough for a URL."""

from __future__ import annotations

import base64
import binascii
import zlib

from engine.errors import InvalidExperiment, abbreviate
from engine.experiment.experiment import MAX_CHARACTERS, Experiment
from engine.message import Message

# Belongs to the format: every link ever shared needs these very bytes. A new dictionary takes a new prefix.
DICTIONARY = (
    b'"kind":"digits","layout":"image"},"kind":"conv2d","filters":8,"kernel":3,"stride":1,"padding":0,"kind":"max_pool",'
    b'"size":2},{"kind":"flatten"},{"kind":"batch_norm","momentum":0.1},{"kind":"dropout","rate":0.2},{"kind":"sgd",'
    b'"lr":0.03,"momentum":0.0,"nesterov":false},"kind":"l2","strength":0.001},{"kind":"clip_norm","threshold":1.0},'
    b'{"kind":"early_stopping","patience":20,"min_delta":0.0},{"kind":"standardize"},{"kind":"relu"}},'
    b'"initializer":{"kind":"he_normal"},{"version":1,"data":{"kind":"spiral","samples":500,"noise":0.0},'
    b'"validation":0.5,"test":0.0,"stratified":true,"random_labels":0.0,"balance":"none","preprocessing":[],'
    b'"augmentations":[],"network":[{"kind":"dense","width":16,"activation":{"kind":"tanh"}},'
    b'{"kind":"dense","width":16,"activation":{"kind":"tanh"}}],"initializer":{"kind":"glorot_uniform"},'
    b'"loss":{"kind":"cross_entropy"},"optimizer":{"kind":"adam","lr":0.003,"momentum":0.9,"beta2":0.999,"eps":1e-8},'
    b'"schedule":{"kind":"constant"},"regularizers":[],"batch_size":10,"epochs":null,"steps":50000,'
    b'"stopping":{"divergence":true},"probes":[{"kind":"activation_histogram"},{"kind":"activation_mean"},'
    b'{"kind":"activation_std"},{"kind":"dead"},{"kind":"saturated"},{"kind":"update_ratio"},{"kind":"gradient_norm"},'
    b'{"kind":"weight_norm"},{"kind":"output"},{"kind":"units"},{"kind":"weights"},{"kind":"gates"},'
    b'{"kind":"near_zero","threshold":0.001},{"kind":"reconstruction"}],"seed":0,"device":"auto"}'
)


def encode_link(experiment: Experiment) -> str:
    """The experiment as 50 to 300 URL-safe characters: base64 of a CRC-32 and the deflated JSON."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=DICTIONARY)  # −15: raw deflate, without header and checksum
    packed = press.compress(experiment.to_json().encode()) + press.flush()
    check = zlib.crc32(packed).to_bytes(4, "big")
    return base64.urlsafe_b64encode(check + packed).rstrip(b"=").decode()  # "=" would be escaped in a URL


def decode_link(text: str) -> Experiment:
    """The experiment in a link. Raises: InvalidExperiment if the link is cut, changed or holds something else."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpress = zlib.decompressobj(-15, zdict=DICTIONARY)
        document = unpress.decompress(data[4:], MAX_CHARACTERS)  # deflate packs up to a thousand to one
    except (binascii.Error, ValueError, zlib.error) as error:
        raise explain_broken_link(text) from error
    if zlib.crc32(data[4:]).to_bytes(4, "big") != data[:4] or unpress.unconsumed_tail:
        raise explain_broken_link(text)
    return Experiment.from_json(document)


def explain_broken_link(text: str) -> InvalidExperiment:
    return InvalidExperiment(
        "link", Message("a whole experiment link"), abbreviate(text), Message("was it cut when it was copied?")
    )
