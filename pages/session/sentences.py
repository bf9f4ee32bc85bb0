"""The engine's plain English sentences in the reader's language, by templates."""

from __future__ import annotations

import re
from functools import cache

from engine.catalogue.part import catalogue
from engine.errors import InvalidExperiment, PlaygroundError
from engine.parts.blocks import Block
from pages.session import upload_sentences
from pages.session.i18n import _, live_texts, said, small

# Whole messages, and the pieces `expected`, `received` and `hint` of an InvalidExperiment. {placeholders} stand for
# whatever the engine put there; what they hold is translated in its turn.
TEMPLATES = (
    "On the test split the loss is {loss} and R² is not defined.",
    "{first} On the test split the loss is {loss} and R² is not defined.",
    "On the test split the loss is {loss} and accuracy {metric}.",
    "On the test split the loss is {loss} and R² {metric}.",
    "{first} On the test split the loss is {loss} and accuracy {metric}.",
    "{first} On the test split the loss is {loss} and R² {metric}.",
    "The loss is not finite at step {step}; the numbers of layer {layer} went first.",
    "The mean loss of epoch {epoch} is over 3 times that of epoch 1; layer {layer} grew most.",
    "The mean loss of epoch {epoch} is over 3 times those of step 1 and of the untrained network; layer {layer} grew "
    "most.",
    "The mean loss of {n} steps is over 3 times those of step 1 and of the untrained network; layer {layer} grew most.",
    "The run is out of memory: it needed more than was set aside for it, and ended.",
    "Waits for memory: other runs take it.",
    "Stopped early after epoch {epoch}; the weights are those of epoch {best}, with a validation loss of {loss}.",
    "Stopped early after epoch {epoch}; the weights are those of epoch {best}.",
    "The weights are those of epoch {best}, with a validation loss of {loss}; that of the last epoch was {last}.",
    "The weights are those of step {step}, where the run was stopped.",
    "{first} The best epoch was epoch {best}, with a validation loss of {loss}.",
    "{where}: expected {expected}, received {received}",
    "There is no run {run}.",
    "Run {run} has no checkpoint that could be read.",
    "The run is {state}: it takes no more commands. Reset it to train again.",
    "The run waits for a free place; it can be stopped, or changed once it trains.",
    "The training engine did not start; {journal} says why.",
    "The training engine did not answer in time; {journal} may say why.",
    "The training engine did not answer in time; nothing was changed.",
    "The training engine has taken this on but does not answer yet; it will be done when it goes on.",
    "The training engine went away; please try once more.",
    "The training engine went away while it did this; look before you try again.",
    "The training process died {n} times in a row without getting further.",
    "The disk that holds the store is full: training waits until there is room again.",
    "This page may only watch the run.",
    "{layer} of member {n}",
    "{received}, which is for {tasks}",
    "a loss for {task}",
    "a regularizer for {task}",
    "a download from {host}",
    "the published file from {host}",
    "{n} values, as the IDX header says",
    "an IDX file with a whole header",
    "a label for each of {n} images",
    "labels below {n}",
    "{n} labels",
    "records of {n} bytes",
    "a batch of {n} bytes",
    "at most {n} bytes",
    "{n} bytes",
    "at most {n} components",
    "at most {n} numbers in all",
    "one of {choices}",
    "at most {n} characters",
    "greater than or equal to {n}",
    "less than or equal to {n}",
    "greater than {n}",
    "less than {n}",
    "an image of at least {n} × {m}",
    "a network that trains in {n} GiB",
    "a sequence of at least {n} steps",
    "a shape that fits beside {shape}",
    "channels that {n} groups divide",
    "features that {n} heads divide",
    "labels: {labels}",
    "padding {n}",
    "the input of {label}, {shape}",
    "the shape of {label}, {shape}",
    "{n} numbers for {shape}",
    "did you mean {name}?",
    *upload_sentences.TEMPLATES,
    "{one} or {other}",
    "as many numbers as the input has, {n}",
    "layers: {names}",
    "This file cannot be imported: {why}.",
    "The store was damaged: its file is kept as {name}, and an empty one was begun.",
    "The run could not be stored: {why}.",
    "it is larger than {n} MB",
    "Run {run} has no checkpoint that could be read.",
    "The edit of {title} cannot be exported as a program.",
    "{title} cannot be exported as a program.",
    "The data set {title} is too large to be carried along.",
    "This needs packages that are not installed: {command}.",
)
WORDS = (
    "a number of steps or of epochs",
    "each kind at most once",
    "at least 2 with batch normalization, which needs a variance",
    "at least 2 training examples with batch normalization, which needs a variance",
    "more examples, or smaller other splits",
    "a vector",
    "a share that leaves at least 5 % for training",
    "classes to balance",
    "choose none",
    "numbers that measure something",
    "word numbers",
    "leave it out",
    "images (channels, height, width)",
    "choose the layout image",
    "no answer that could be used",
    "another or a damaged one",
    "the data set digits needs no download",
    "a disk that takes the downloaded file",
    "an IDX file of unsigned bytes",
    "another file",
    "a whole gzip file",
    "a damaged one",
    "a part of one",
    "more",
    "a whole tar archive",
    "the five training batches of CIFAR-10",
    "an image (channels, height, width)",
    "a vector or an image",
    "an image or a sequence",
    "a sequence (time, features)",
    "a row of whole numbers",
    "an image that is not cut away whole",
    "a block that takes its input alone",
    "groups of two numbers or more",
    "one number a group",
    "the label of an earlier block",
    "a label that one block has",
    "none has one yet",
    "a valid integer",
    "a valid number",
    "a valid boolean",
    "a finite number",
    "a value",
    "an object with a kind",
    "no such field",
    "none",
    "JSON",
    "a whole experiment link",
    "a value that may change while a run trains",
    "This build of torch cannot quantize.",
    "a device that this machine has",
    "take auto or cpu",
    "put a flatten block before it",
    "fewer or narrower layers, or smaller batches",
    "smaller images, or fewer examples",
    "was it cut when it was copied?",
    "a target that these data have",
    "at most 48 letters without accents, digits, spaces and , . : - _",
    "at most 24 letters without accents, digits, spaces and - _",
    "layers with commas, a multiple of λ after a colon, as in 1:10, 3",
    "numbers or labels of layers",
    "layers with weights, which biases and gains are not",
    "every layer at most once",
    "What is stored of this run is damaged; it can be deleted.",
    "The store cannot be read: its file is gone or damaged.",
    "There is no run of that name.",
    "There is no backup of the store.",
    "The store was gone, and an empty one was begun.",
    "The store was removed while the server ran: it was written anew, and its runs are paused.",
    "it is no whole zip file",
    "it takes too much time or memory",
    "This page may not do that.",
    "The disk that holds the store has no room for this file.",
    "Other files are being brought just now; please try again in a minute.",
    "The file did not arrive whole; please try once more.",
    "what it says of the run makes no sense",
    "it holds files that do not belong to a run",
    "it would unpack to far more than a run",
    "it is not a run of the playground, or a part of it is missing",
    "it was written by another version of the playground",
    "it was damaged or changed since it was written",
    "its log makes no sense",
    "no run is ever in the state that it says",
    "its edits do not lead to the experiment that it ended with",
    "its numbers make no sense",
    "it has not as many losses as steps",
    "its epochs are out of order",
    "its frames are out of order",
    "its checkpoint belongs to another run",
    "This network has a block that ONNX has no words for.",
    "classification",
    "regression",
    "output",
    *upload_sentences.WORDS,
)


def sentence(error: PlaygroundError) -> str:
    """What went wrong, in one sentence, without the path: the form shows it where it belongs."""
    if not isinstance(error, InvalidExperiment):
        return told(str(error))
    pieces = {"expected": told(error.expected), "received": told(error.received)}
    said_so = _("Expected {expected}, received {received}", **pieces)
    return f"{said_so}; {told(error.hint)}" if error.hint else f"{said_so}."


def told(english: str) -> str:
    """A piece of the engine's text in the language spoken; unknown pieces stay as they are."""
    if english in WORDS:
        return _(english)
    for template in TEMPLATES:
        match = pattern(template).fullmatch(english)
        if match:
            return _(template, **{name: told(value) for name, value in match.groupdict().items()})
    return layer_name(english)


def layer_name(text: str) -> str:
    """A layer such as "2 dense" with its block's title in the language spoken, and "2 lstm 1 · recurrent" with which of
    its weights; anything else unchanged."""
    match, kinds = re.fullmatch(r"(\d+) (\w+)( \d+)?(?: · (\w+))?", text), catalogue(Block)
    if match and match[2] in kinds:
        part = f" · {_(live_texts().get(f'part_{match[4]}', match[4]))}" if match[4] else ""
        return f"{match[1]} {small(said('part', kinds[match[2]].title()))}{match[3] or ''}{part}"
    return _(text) if text == "output" else text


@cache
def pattern(template: str) -> re.Pattern[str]:
    """A template as a regular expression with a group for each placeholder."""
    pieces = re.split(r"\{(\w+)\}", template)
    return re.compile("".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>.+)" for i, p in enumerate(pieces)))
