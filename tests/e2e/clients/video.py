"""OpenAI's SDK of any version: makes a video, follows it, fetches it. Arguments: base URL, key, picture, film."""

import json
import sys
import warnings
from pathlib import Path

import openai

warnings.simplefilter("ignore")
base_url, key, picture, film = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, api_key=key)
video = client.videos.create_and_poll(prompt="Slow push in", model="camera", input_reference=Path(picture))
client.videos.download_content(video.id).write_to_file(film)
refused = {}
try:
    client.videos.create(prompt="No picture", model="camera")
except openai.BadRequestError as error:
    refused = {"name": type(error).__name__, "status": error.status_code, "code": error.code, "param": error.param}
listed = [each.id for each in client.videos.list(limit=1)]
answer = {"version": openai.__version__, "video": video.to_dict(), "refused": refused, "listed": listed}
sys.stdout.write(json.dumps(answer))
