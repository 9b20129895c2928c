// Load generator: keeps `connections` requests under way until the bodies are used up.
import { request, Agent } from 'node:http'
