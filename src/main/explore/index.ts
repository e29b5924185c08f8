export { createExplore, type Explore } from './explore'
