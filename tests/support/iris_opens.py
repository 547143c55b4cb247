"""Run by IRIS's own Python: opens a project with IRIS, signs in, and compares what IRIS serves with the arrays.

Usage: python iris_opens.py CHECKOUT PROJECT_FILE USER PASSWORD
"""

import json
import os
import sys
from pathlib import Path

import numpy as np

checkout, file, user, password = sys.argv[1:5]
sys.path.insert(0, checkout)
os.chdir(checkout)
sys.argv = ["iris", "label", file]
import iris  # noqa: E402  # it parses argv when it is imported
from iris.project import project  # noqa: E402

client = iris.app.test_client()
assert client.post("/user/login", data=json.dumps({"username": user, "password": password})).status_code == 200
number = client.get("/user/get/current").json["id"]
masks = 0
for image in project.image_ids:
    folder = Path(project["path"]) / "segmentation" / image
    if (folder / f"{number}_final.npy").exists():
        served = np.frombuffer(client.get(f"/segmentation/load_mask/{image}").data, np.uint8)[1:-1]
        final = np.load(folder / f"{number}_final.npy").argmax(axis=-1)
        assert (served == np.concatenate([final.ravel(), np.load(folder / f"{number}_user.npy").ravel()])).all()
        masks += 1
    for name, view in project["views"].items():
        if view.get("type") == "image" and len(view["data"]) == 3:  # colour scales need an older matplotlib
            assert client.get(f"/image/{image}/{name}").status_code == 200
    width, height = project["segmentation"]["mask_shape"]
    drawn = np.arange(width * height)[::3]
    asked = {"user_pixels": drawn.tolist(), "user_labels": (np.arange(len(drawn)) % 2).tolist()}
    answer = client.post(f"/segmentation/predict_mask/{image}", data=json.dumps(asked))
    assert len(answer.data) == width * height
print(f"opened {len(project.image_ids)} images, {masks} masks as saved")
