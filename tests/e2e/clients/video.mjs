// OpenAI's SDK for Node: makes a video, follows it, fetches it. Arguments: base URL, key, picture, where to put the film.
import fs from "node:fs";
import OpenAI from "openai";

const [baseURL, apiKey, picture, film] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey });
let video = await client.videos.create({
  prompt: "Slow push in", model: "camera", size: "1280x720", input_reference: fs.createReadStream(picture),
});
while (["queued", "in_progress"].includes(video.status)) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  video = await client.videos.retrieve(video.id);
}
const content = await client.videos.downloadContent(video.id);
fs.writeFileSync(film, Buffer.from(await content.arrayBuffer()));
let refused;
try {
  await client.videos.create({ prompt: "No picture", model: "camera" });
} catch (error) {
  refused = { name: error.constructor.name, status: error.status, code: error.code, param: error.param };
}
const listed = [];
for await (const each of client.videos.list({ limit: 1 })) listed.push(each.id);
console.log(JSON.stringify({ video, refused, listed }));
