from __future__ import annotations

import io
import warnings
from typing import ClassVar, Literal

import torch

from engine.errors import PlaygroundError
from engine.export.exporters import ExportedRun, Exporter, missing
from engine.message import Message

OPSET = 18


class ONNX(Exporter):
    """ONNX: the trained network as a graph that other programs run, for any batch size, as it evaluates.

    Inputs are those after preprocessing. Dropout and noise are off, batch normalization uses its running statistics.

    Use: To run the trained network outside of Python: in a browser, on a phone, in another language.

    Trouble: It does not train, and preprocessing is not in it: give it inputs as the network gets them.

    Source: Bai, Lu, Zhang et al., ONNX: open neural network exchange, 2017.
    """

    rank: ClassVar[int] = 3
    extra: ClassVar[str] = "onnx"
    kind: Literal["onnx"] = "onnx"

    def files(self, subject: ExportedRun) -> dict[str, bytes]:
        try:
            import onnx  # noqa: F401  (torch writes with it)
        except ImportError:
            raise missing(self.extra) from None
        trainer = subject.trainer
        network = trainer.network.to("cpu").eval()
        # Two, since a tracer takes a size of 1 for a constant and the batch must stay free.
        example = torch.zeros(2, *trainer.data.in_shape)
        axes = {0: "batch"}
        buffer = io.BytesIO()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of an exporter that needs one package where the newer needs five
                torch.onnx.export(
                    network,
                    (example,),
                    buffer,  # type: ignore[arg-type]
                    input_names=["input"],
                    output_names=["output"],
                    opset_version=OPSET,
                    dynamic_axes={"input": axes, "output": axes},
                    dynamo=False,
                )
        except (RuntimeError, torch.onnx.OnnxExporterError) as error:
            raise PlaygroundError(Message("This network has a block that ONNX has no words for.")) from error
        return {f"model_{subject.row.id}.onnx": buffer.getvalue()}
