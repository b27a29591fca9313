"""The peer: a small project as it is usually built. Flask, a picture resized to 28x28, `keras.predict` in the
request.

No accounts, no database, no queue; the same network as ours. Run: python -m bench.peer PORT
"""

from __future__ import annotations

import base64
import io
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from flask import Flask, request
from PIL import Image

from ml.inference.artifact import unpack
from ml.inference.reader import SHIPPED
from ml.training.networks import DIGIT_COUNT, build_glyph_network, set_weights

app = Flask(__name__)
model = build_glyph_network()
set_weights(model, unpack(SHIPPED.read_bytes()).weights)


@app.post("/predict")
def predict() -> dict[str, int]:
    """The digit in a picture that is dark on white."""
    picture = Image.open(io.BytesIO(base64.b64decode(request.json["image"]))).convert("L").resize((28, 28))
    glyph = 1 - np.asarray(picture, np.float32)[None, :, :, None] / 255
    outputs = model.predict(glyph, verbose=0)[0, :DIGIT_COUNT]
    return {"digit": int(outputs.argmax())}


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
