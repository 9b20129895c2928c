export { type Cidr, cidrContains, parseCidr } from './cidr'
export { parseTime } from './instant'
export { formatDuration, parseDuration, parseQuantity } from './quantity'
