import { provisions } from './provision/walk.ts';

provisions('trixie', 'root');
