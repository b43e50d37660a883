// A page's own client, without any library. HEDDLE_WS is the address, HEDDLE_TOKEN the token.
const url = process.env.HEDDLE_WS;
const token = process.env.HEDDLE_TOKEN;

const ws = new WebSocket(url + "?token=" + token);

ws.onmessage = (event) => {
  const { type, data } = JSON.parse(event.data);
  switch (type) {
    case "Status":
      console.log("status", data.status);
      if (data.status === "connected") {
        ws.send(JSON.stringify({ type: "Subscribe", data: { topics: ["ai_analysis", "workflow_updates"] } }));
      }
      if (data.status === "subscribed") {
        ws.send(JSON.stringify({ type: "Broadcast", data: { topic: "ai_analysis", payload: { content: "hello" } } }));
      }
      break;
    case "Ack":
      console.log("ack", data.status, data.recipients);
      break;
    case "Broadcast":
      console.log("broadcast", data.topic, data.payload.content);
      ws.close();
      break;
    case "Error":
      console.log("error", data.code, data.message);
      ws.close();
      break;
  }
};
