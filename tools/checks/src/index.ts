export { commandsOf, commandsWith, fencesOf, operatorPages, withoutFences } from './documents.ts';
export { read, ROOT } from './repository.ts';
