import { provisions } from './provision/walk.ts';

provisions('bookworm', 'admin');
