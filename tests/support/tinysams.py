"""Tiny promptable models with exactly the published names of inputs and outputs, exported as ONNX.

What belongs to a click is what has the colour of the picture there: three answers, from strict to generous.
Encoders take 64 x 64 pixels where the real ones take 1024 x 1024; all other axes are cut alike.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import parser

_HEAD = '<ir_version: 9, opset_import: ["": 17]>\n'
_LIKE = """
    column = Gather <axis = 2> ({map}, y)
    cell = Gather <axis = 3> (column, x)
    apart = Sub ({map}, cell)
    much = Abs (apart)
    far = ReduceSum <keepdims = 1> (much, channels)
    low = Sub (limits, far)
"""
_CONSTANTS = """
    float[1,3,1,1] limits = {1.5, 4, 7}, float[1,3] sure = {0.5, 0.9, 0.7}, int64[1] channels = {1},
    int64 first = {0}, int64 second = {1}, int64 lowest = {0}, int64 highest = {15}, float half = {0.5},
    float quarter = {0.25}, float[4] four = {1, 1, 4, 4}
"""
_CELL = """
    point = Gather <axis = 1> (point_coords, first)
    middle = Add (point, half)
    scaled = Mul (middle, quarter)
    whole = Floor (scaled)
    index = Cast <to = 7> (whole)
    within = Clip (index, lowest, highest)
    x = Gather <axis = 1> (within, first)
    y = Gather <axis = 1> (within, second)
"""
_PROMPT = "float[1,n,2] point_coords, float[1,n] point_labels, float[1,1,16,16] mask_input, float[1] has_mask_input"

MOBILE_ENCODER = """encoder (float[1,3,64,64] input_image) => (float[1,3,16,16] image_embeddings) {
    image_embeddings = AveragePool <kernel_shape = [4, 4], strides = [4, 4]> (input_image)
}"""
MOBILE_DECODER = f"""decoder (float[1,3,16,16] image_embeddings, {_PROMPT}, float[2] orig_im_size)
    => (float[1,3,64,64] masks, float[1,3] iou_predictions, float[1,3,16,16] low_res_masks) <{_CONSTANTS}> {{
    {_CELL} {_LIKE.format(map="image_embeddings")}
    low_res_masks = Identity (low)
    masks = Resize <mode = "nearest"> (low, , four)
    iou_predictions = Identity (sure)
}}"""
SAM2_ENCODER = """encoder (float[1,3,64,64] image)
    => (float[1,3,16,16] high_res_feats_0, float[1,3,8,8] high_res_feats_1, float[1,3,4,4] image_embed) {
    high_res_feats_0 = AveragePool <kernel_shape = [4, 4], strides = [4, 4]> (image)
    high_res_feats_1 = AveragePool <kernel_shape = [8, 8], strides = [8, 8]> (image)
    image_embed = AveragePool <kernel_shape = [16, 16], strides = [16, 16]> (image)
}"""
SAM2_DECODER = f"""decoder (float[1,3,4,4] image_embed, float[1,3,16,16] high_res_feats_0,
    float[1,3,8,8] high_res_feats_1, {_PROMPT}) => (float[1,3,16,16] masks, float[1,3] iou_predictions)
    <{_CONSTANTS}> {{
    {_CELL} {_LIKE.format(map="high_res_feats_0")}
    masks = Identity (low)
    iou_predictions = Identity (sure)
}}"""
_BATCHED = "float[1,queries,n,2] batched_point_coords, float[1,queries,n] batched_point_labels"
_LOOSER = _CONSTANTS.replace("1.5, 4, 7", "0.4, 0.9, 1.6")
_BATCHED_CONSTANTS = f"""{_LOOSER}, float sixteen = {{16}}, int64[2] swap = {{1, 0}}, int64[2] front = {{1, 3}},
    int64[4] small = {{1, 3, 16, 16}}, int64[1] third = {{2}}, int64[1] fifth = {{4}}, int64[1] queries = {{1}},
    int64[3] asked = {{1, 1, 3}}"""
_BATCHED_CELL = """
    query = Gather <axis = 1> (batched_point_coords, first)
    point = Gather <axis = 1> (query, first)
    turned = Gather <axis = 0> (size, swap)
    sides = Cast <to = 1> (turned)
    share = Div (point, sides)
    scaled = Mul (share, sixteen)
    whole = Floor (scaled)
    index = Cast <to = 7> (whole)
    within = Clip (index, lowest, highest)
    x = Gather <axis = 1> (within, first)
    y = Gather <axis = 1> (within, second)
"""
_BATCHED_OUT = """
    target = Concat <axis = 0> (front, size)
    large = Resize <mode = "linear"> (low, , , target)
    output_masks = Unsqueeze (large, queries)
    iou_predictions = Reshape (sure, asked)
    low_res = Identity (low)
"""
_BATCHED_RESULT = "float[1,1,3,h,w] output_masks, float[1,1,3] iou_predictions, float[1,3,16,16] low_res"
EFFICIENT_ENCODER = """encoder (float[b,3,h,w] batched_images) => (float[b,3,16,16] image_embeddings)
    <int64[4] small = {1, 3, 16, 16}> {
    image_embeddings = Resize <mode = "linear"> (batched_images, , , small)
}"""
EFFICIENT_DECODER = f"""decoder (float[1,3,16,16] image_embeddings, {_BATCHED}, int64[2] orig_im_size)
    => ({_BATCHED_RESULT}) <{_BATCHED_CONSTANTS}> {{
    size = Identity (orig_im_size)
    {_BATCHED_CELL} {_LIKE.format(map="image_embeddings")} {_BATCHED_OUT}
}}"""
EFFICIENT_WHOLE = f"""whole (float[1,3,h,w] batched_images, {_BATCHED}) => ({_BATCHED_RESULT}) <{_BATCHED_CONSTANTS}> {{
    shape = Shape (batched_images)
    size = Slice (shape, third, fifth)
    map = Resize <mode = "linear"> (batched_images, , , small)
    {_BATCHED_CELL} {_LIKE.format(map="map")} {_BATCHED_OUT}
}}"""


def export(path: Path, text: str) -> Path:
    """Write a model from its text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    model = parser.parse_model(_HEAD + text)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def put(models: Path, name: str, kind: str, files: dict[str, str], *, rgb: str = '["nir", "green", "blue"]') -> Path:
    """A model folder with its card."""
    folder = models / name
    for file, text in files.items():
        export(folder / file, text)
    (folder / "prompt.toml").write_text(f'kind = "{kind}"\nrgb = {rgb}\n')
    return folder


def put_all(models: Path) -> list[str]:
    """All published kinds; their names."""
    put(models, "mobile", "mobile-sam", {"mobile_sam.encoder.onnx": MOBILE_ENCODER, "mobile_sam.onnx": MOBILE_DECODER})
    put(models, "sam2", "sam2", {"sam2.encoder.onnx": SAM2_ENCODER, "sam2.decoder.onnx": SAM2_DECODER})
    pair = {"efficient_sam_vitt_encoder.onnx": EFFICIENT_ENCODER, "efficient_sam_vitt_decoder.onnx": EFFICIENT_DECODER}
    put(models, "efficient", "efficient-sam", pair)
    put(models, "efficient-whole", "efficient-sam", {"efficient_sam_vitt.onnx": EFFICIENT_WHOLE})
    return ["efficient", "efficient-whole", "mobile", "sam2"]
